"""A migration that would lock a table of millions is refused; one that does not passes."""

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.models.functions import Now, Random

from local.migration_locks import dangers, problems_of

pytestmark = pytest.mark.django_db


def problems(*operations):
    """Of a migration that would come next."""
    state = MigrationLoader(connection).project_state()
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        editor.connection.in_atomic_block, inside = False, editor.connection.in_atomic_block
        try:
            for operation in operations:
                after = state.clone()
                operation.state_forwards("petitions", after)
                operation.database_forwards("petitions", editor, state, after)
                state = after
        finally:
            editor.connection.in_atomic_block = inside
        statements = [str(each) for each in [*editor.collected_sql, *editor.deferred_sql]]
    return list(problems_of([each for each in statements if not each.startswith("--")]))


def column(field):
    return migrations.AddField("signature", "extra", field)


def index(name="signature_by_language"):
    return models.Index(fields=["language"], name=name)


CHECK = models.CheckConstraint(condition=~models.Q(language=""), name="signature_has_language")
OFFICE = "petitions.office"
UNSAFE = {
    "differs from row to row": column(models.FloatField(db_default=Random())),
    "NOT_NULL": column(models.IntegerField()),
    "CREATE_INDEX:": migrations.AddIndex("signature", index()),
    "DROP_INDEX": migrations.RemoveIndex("signature", "signature_by_hour"),
    "reads the whole table": migrations.AddConstraint("signature", CHECK),
    "ALTER_COLUMN": migrations.AlterField("signature", "consent_version", models.TextField()),
    "DROP_COLUMN": migrations.RemoveField("signature", "alike"),
    "RENAME_COLUMN": migrations.RenameField("signature", "alike", "twin"),
    "ADD_UNIQUE": migrations.AddConstraint(
        "signature", models.UniqueConstraint(fields=["look_alike"], name="one_of_a_kind")
    ),
    "changed in one transaction": migrations.RunSQL("UPDATE petitions_signature SET alike = true"),
    "CREATE_INDEX": column(models.ForeignKey(OFFICE, models.PROTECT, null=True)),
    "DROP_TABLE": migrations.DeleteModel("turnedaway"),
}


@pytest.mark.parametrize("words", UNSAFE)
def test_what_locks_a_full_table_is_refused(words):
    assert any(words in each for each in problems(UNSAFE[words]))


SAFE = {
    "a column without values": [column(models.IntegerField(null=True))],
    "a column with one value": [column(models.BooleanField(default=False, db_default=False))],
    "a column with the time": [column(models.DateTimeField(db_default=Now()))],
    "an index, meanwhile": [
        AddIndexConcurrently("signature", index()),
        RemoveIndexConcurrently("signature", "signature_by_hour"),
    ],
    "a constraint for what comes": [AddConstraintNotValid("signature", CHECK)],
    "a table": [
        migrations.CreateModel(
            "Shelf",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("office", models.ForeignKey(OFFICE, models.PROTECT)),
                ("name", models.TextField(unique=True)),
            ],
        ),
        migrations.AddIndex("shelf", models.Index(fields=["name"], name="shelf_by_name")),
    ],
}


@pytest.mark.parametrize("what", SAFE)
def test_what_locks_for_a_moment_passes(what):
    assert problems(*SAFE[what]) == []


def test_a_constraint_is_validated_by_a_later_migration():
    statements = [
        'ALTER TABLE "petitions_signature" VALIDATE CONSTRAINT "signature_has_language"',
    ]

    assert list(problems_of(statements)) == []
    assert ValidateConstraint("signature", "signature_has_language")


def test_no_migration_of_ours_is_dangerous():
    assert dangers() == {}
