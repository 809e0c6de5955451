.PHONY: run test check bench faults fuzz catalogues settings lock clean

run: # environment, servers, the site on http://127.0.0.1:8000 (PORT=8001 changes it)
	@scripts/run

test: # the whole test suite (ARGS="-k words" goes to pytest)
	@scripts/test $(ARGS)

check: # format, lint, types, imports, migrations, settings, templates, translations, dependencies
	@scripts/check

bench: # the benchmarks (ARGS goes to them)
	@scripts/bench $(ARGS)

faults: # break the whole site piece by piece (ARGS="broker database" breaks these)
	@scripts/faults $(ARGS)

fuzz: # a hundred thousand hostile requests to every address, and a table (ARGS="--requests 2000" goes to it)
	@scripts/fuzz $(ARGS)

catalogues: # bring the translations' catalogues up to date with the code (needs GNU gettext)
	@scripts/catalogues

settings: # write docs/settings.md from the code
	@scripts/settings

lock: # compile the two lock files anew
	@scripts/lock

clean: # remove the environment, the caches and all local data
	@scripts/clean
