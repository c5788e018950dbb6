//! GOROOT, go.mod and the package graph.
