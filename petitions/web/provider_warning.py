"""What an address at a provider under Russian or Belarusian law means, before a mail goes there."""

from django.utils.translation import gettext_lazy as _

from petitions.signatures.domains import Law

NOT_SENT = _(
    "Nothing was sent yet. Please read about your mail provider, then use another address or tick"
    " the box."
)
UNDERSTOOD = _("I understand. Send the mail to this address.")
WARNINGS = {
    Law.RUSSIA: _(
        "This address is with a provider under Russian law, which may have to let the authorities"
        " there read its users’ mails. Our mail would show that you dealt with"
        " us. An address with a provider elsewhere is safer."
    ),
    Law.BELARUS: _(
        "This address is with a provider under Belarusian law, which may have to let the"
        " authorities there read its users’ mails. Our mail would show that you dealt with us. An"
        " address with a provider elsewhere is safer."
    ),
}
