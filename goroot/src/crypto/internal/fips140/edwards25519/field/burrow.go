package field

// feSquareGeneric is Go in GOROOT; gc's code for its products of 128 bits is better than ours.
//
//go:noescape
func feSquareGeneric(v, a *Element)
