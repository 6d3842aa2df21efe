# make deps: include this file in a Makefile. It works without pre-commit.
# In a workspace, go mod download would ask the proxy for the neighbours; go list fetches what their packages need. A module
# that go.work does not use is checked, and fetched when it is built.
# What only the proxy does not know yet is fetched from its origin; make stops at what that can't repair.

.PHONY: deps
deps:
	goproxy-check --all --fix
	@if [ -f go.work ]; then go list -m -f '{{.Dir}}/...' | tr '\n' '\0' | xargs -0 go list -deps -test >/dev/null; else \
		git ls-files --cached --others --exclude-standard -- go.mod '*/go.mod' | \
		grep -Ev '(^|/)(testdata|vendor|[_.][^/]*)/' | \
		while read -r mod; do (cd "$$(dirname "$$mod")" && go mod download) || exit 1; done; \
	fi
