# Short names for what is done often. Everything runs in .venv, which the scripts make.
bin := .venv/bin
# Figures of campaigns; the tests run a tenth of each.
.PHONY: start test lint fix types bench soak oracle agents clients golden test-gpu docs clean

start: ## start the studio
	./start.sh

test: ## everything a change must pass, as the CI runs it
	./test.sh

lint: ## read the code without running it
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	npm run --silent types

fix: ## mend what can be mended by machine
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

docs: ## make the pages that are made from the source
	$(bin)/python -m backend.cli reference settings > docs/settings.md
	$(bin)/python -m backend.cli reference cli > docs/cli.md
	$(bin)/python -m backend.cli reference errors > docs/errors.md
	$(bin)/python -m backend.cli reference settings-example > config.example.yml
	$(bin)/python scripts/routes_page.py > docs/routes.md

bench: ## figures of the preview engine and of the server, as ratios measured in one run
	$(bin)/python -m pip install --quiet --no-deps -r requirements/bench.txt
	$(bin)/python -m benchmarks.preview

soak: ## the campaigns in full: kills during saves, kills of the lane, mutated uploads, many listeners, faulty downloads
	$(bin)/python -m pytest -q -m soak --timeout 3600 -p no:xdist tests

oracle: ## compare our Qwen3-TTS core with the official package, in an environment of its own
	$(bin)/python scripts/make_oracle.py
	$(bin)/python -m pytest -q -m oracle --timeout 1800 -p no:xdist tests

agents: ## LiveKit's and Pipecat's plugins against a studio, in an environment of their own
	$(bin)/python -m benchmarks.agents

clients: ## Home Assistant, Open WebUI, SillyTavern and SDKs for Node, unmodified, against a studio (docs/clients.md)
	$(bin)/python -m benchmarks.clients

golden: ## ask the official package anew for what the golden tests hold ours to
	$(bin)/python scripts/make_oracle.py
	.oracle/bin/python tests/oracle/make_golden.py tests/engines/qwen3_tts/golden/official.npz

test-gpu: ## tests and figures that need a GPU, without network (docs/gpu.md); says so where there is none
	@command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi >/dev/null 2>&1 || \
		{ echo "These need a CUDA GPU with 8 GB and the studio set (./setup.sh). nvidia-smi finds none here."; exit 1; }
	PYTHONPATH=.:scripts PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(bin)/python -m pytest -q -c /dev/null --rootdir . \
		--confcutdir tests/engines/qwen3_tts --import-mode=importlib -o markers=gpu -m gpu tests/engines/qwen3_tts/test_gpu*.py
	$(bin)/python -m benchmarks.qwen3_gpu --quick --make --models .pytest_cache/full-size --json --force

clean: ## take away what the tools left; never models, voices or takes
	rm -rf .mypy_cache .ruff_cache .pytest_cache test-results
