// readGoSum is internal to the go command: tests/support/xmod.py copies its source to the end of this file
// before the program is built.
package main

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/mod/module"
)

var cfg struct{ CmdName string }

type fatal struct{}

func (fatal) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

var base fatal
