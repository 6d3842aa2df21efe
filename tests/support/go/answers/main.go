// Answers each line of standard input, a JSON object with a question and its arguments, with one line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

type list = []any

func orNull(s string, err error) any {
	if err != nil {
		return nil
	}
	return s
}

func errorLines(err error) any {
	var found modfile.ErrorList
	if !errors.As(err, &found) {
		panic(err)
	}
	lines := list{}
	for _, e := range found {
		lines = append(lines, list{e.Pos.Line, e.Err.Error()})
	}
	return map[string]any{"errors": lines}
}

func replacements(found []*modfile.Replace) list {
	out := list{}
	for _, r := range found {
		out = append(out, list{r.Old.Path, r.Old.Version, r.New.Path, r.New.Version, r.Syntax.Start.Line})
	}
	return out
}

func goLines(g *modfile.Go, t *modfile.Toolchain, out map[string]any) {
	if g != nil {
		out["go"] = list{g.Version, g.Syntax.Start.Line}
	}
	if t != nil {
		out["toolchain"] = list{t.Name, t.Syntax.Start.Line}
	}
}

func goMod(data []byte) any {
	f, err := modfile.Parse("go.mod", data, canonical)
	if err != nil {
		return errorLines(err)
	}
	out := map[string]any{"module": "", "replace": replacements(f.Replace)}
	if f.Module != nil {
		out["module"] = f.Module.Mod.Path
	}
	goLines(f.Go, f.Toolchain, out)
	require, exclude := list{}, list{}
	for _, r := range f.Require {
		require = append(require, list{r.Mod.Path, r.Mod.Version, r.Syntax.Start.Line})
	}
	for _, x := range f.Exclude {
		exclude = append(exclude, list{x.Mod.Path, x.Mod.Version})
	}
	out["require"], out["exclude"] = require, exclude
	return out
}

func goWork(data []byte) any {
	f, err := modfile.ParseWork("go.work", data, canonical)
	if err != nil {
		return errorLines(err)
	}
	out := map[string]any{"replace": replacements(f.Replace)}
	goLines(f.Go, f.Toolchain, out)
	use := list{}
	for _, u := range f.Use {
		use = append(use, u.Path)
	}
	out["use"] = use
	return out
}

func goSum(data []byte) (answer any) {
	defer func() {
		if stop := recover(); stop != nil {
			answer = map[string]any{"error": stop}
		}
	}()
	found := map[module.Version][]string{}
	readGoSum(found, "go.sum", data)
	out := list{}
	for m, hashes := range found {
		out = append(out, list{m.Path, m.Version, hashes})
	}
	return map[string]any{"hashes": out}
}

func answer(what string, s []string, data []byte) any {
	switch what {
	case "go.mod":
		return goMod(data)
	case "go.work":
		return goWork(data)
	case "go.sum":
		return goSum(data)
	case "canonical_version":
		return module.CanonicalVersion(s[0])
	case "is_pseudo":
		return module.IsPseudoVersion(s[0])
	case "compare":
		return semver.Compare(s[0], s[1])
	case "split_path_version":
		prefix, major, ok := module.SplitPathVersion(s[0])
		return list{prefix, major, ok}
	case "check_path":
		return module.CheckPath(s[0]) == nil
	case "check":
		return module.Check(s[0], s[1]) == nil
	case "escape_path":
		return orNull(module.EscapePath(s[0]))
	case "escape_version":
		return orNull(module.EscapeVersion(s[0]))
	case "match_prefix_patterns":
		return module.MatchPrefixPatterns(s[0], s[1])
	}
	panic(what)
}

// canonical accepts what the go command takes for a version; to it all else is a query (cmd/go/internal/modload: fixVersion).
func canonical(path, version string) (string, error) {
	if version == "" || module.CanonicalVersion(version) != version {
		return "", fmt.Errorf("%s@%s is a query", path, version)
	}
	_, major, ok := module.SplitPathVersion(path)
	if !ok {
		return "", fmt.Errorf("%s: invalid module path", path)
	}
	return version, module.CheckPathMajor(version, major)
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var question struct {
			What string
			Args []string
			Data []byte
		}
		if err := json.Unmarshal(line, &question); err != nil {
			panic(err)
		}
		if err := out.Encode(answer(question.What, question.Args, question.Data)); err != nil {
			panic(err)
		}
	}
}
