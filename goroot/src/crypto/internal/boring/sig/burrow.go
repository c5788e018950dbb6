package sig

// The originals are empty assembly functions, whose code bytes are a signature that tools look for.

func BoringCrypto()   {}
func FIPSOnly()       {}
func StandardCrypto() {}
