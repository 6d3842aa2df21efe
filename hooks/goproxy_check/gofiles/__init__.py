"""What go.mod, go.work, go.sum and go.work.sum name: module paths and versions. Pure: no file, no process."""
