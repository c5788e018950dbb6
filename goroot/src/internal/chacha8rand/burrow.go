package chacha8rand

// The original is in assembly; this is its portable twin.
func block(seed *[4]uint64, blocks *[32]uint64, counter uint32) {
	block_generic(seed, blocks, counter)
}
