// Curves, SHA-3, RSA and ChaCha8: what the standard library has in assembly for public keys and random numbers.
package main

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha3"
	"fmt"
	"math/big"
	mrand "math/rand/v2"
)

func pattern(n int) []byte {
	x := uint64(0x9e3779b97f4a7c15)
	b := make([]byte, n)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x >> 24)
	}
	return b
}

var data = pattern(1 << 16)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func p256() {
	curve := ecdh.P256()
	peer, err := curve.NewPrivateKey(data[:32])
	check(err)
	n := elliptic.P256().Params().N
	all := sha256.New()
	var scalars []*big.Int
	for i := range int64(70) {
		scalars = append(scalars, big.NewInt(i+1), new(big.Int).Sub(n, big.NewInt(i+1)))
		scalars = append(scalars, new(big.Int).Lsh(big.NewInt(1), uint(3*i)))
		scalars = append(scalars, new(big.Int).Mod(new(big.Int).SetBytes(data[i*32:i*32+32]), n))
	}
	for i, k := range scalars {
		key, err := curve.NewPrivateKey(k.FillBytes(make([]byte, 32)))
		check(err)
		all.Write(key.PublicKey().Bytes())
		shared, err := key.ECDH(peer.PublicKey())
		check(err)
		back, err := peer.ECDH(key.PublicKey())
		check(err)
		all.Write(shared)
		if !bytes.Equal(shared, back) {
			fmt.Println("P-256: secret", i, "differs")
		}
		if i < 2 {
			fmt.Printf("%x\n", key.PublicKey().Bytes())
		}
	}
	fmt.Printf("p256: %x\n", all.Sum(nil))

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	good, bad := 0, 0
	for i := range 20 {
		hash := sha256.Sum256(data[:i])
		sig, err := ecdsa.SignASN1(rand.Reader, key, hash[:])
		check(err)
		if ecdsa.VerifyASN1(&key.PublicKey, hash[:], sig) {
			good++
		}
		hash[i] ^= 1
		if ecdsa.VerifyASN1(&key.PublicKey, hash[:], sig) {
			bad++
		}
	}
	fmt.Println("ecdsa:", good, bad)
	_, err = curve.NewPublicKey(append([]byte{4}, data[:64]...))
	fmt.Println(err)
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), elliptic.MarshalCompressed(elliptic.P256(), key.X, key.Y))
	fmt.Println(x.Cmp(key.X), y.Cmp(key.Y))
}

func curve25519() {
	all := sha256.New()
	for i := range 40 {
		priv := ed25519.NewKeyFromSeed(data[i : i+32])
		msg := data[i*100 : i*150]
		sig := ed25519.Sign(priv, msg)
		all.Write(priv.Public().(ed25519.PublicKey))
		all.Write(sig)
		if !ed25519.Verify(priv.Public().(ed25519.PublicKey), msg, sig) {
			fmt.Println("ed25519:", i, "does not verify")
		}
		sig[i] ^= 1
		if ed25519.Verify(priv.Public().(ed25519.PublicKey), msg, sig) {
			fmt.Println("ed25519:", i, "verifies")
		}
		a, err := ecdh.X25519().NewPrivateKey(data[i*7 : i*7+32])
		check(err)
		b, err := ecdh.X25519().NewPrivateKey(data[i*9+1 : i*9+33])
		check(err)
		s, err := a.ECDH(b.PublicKey())
		check(err)
		all.Write(s)
	}
	fmt.Printf("25519: %x\n", all.Sum(nil))
}

func others() {
	all := sha256.New()
	for n := range 300 {
		h := sha3.Sum256(data[:n])
		all.Write(h[:])
		g := sha3.Sum512(data[n : n+n*n/4])
		all.Write(g[:])
		all.Write(sha3.SumSHAKE128(data[:n], n))
	}
	fmt.Printf("sha3: %x\n", all.Sum(nil))

	key, err := mlkem.NewDecapsulationKey768(data[:64])
	check(err)
	secret, cipher := key.EncapsulationKey().Encapsulate()
	again, err := key.Decapsulate(cipher)
	check(err)
	fmt.Printf("mlkem: %v %x\n", bytes.Equal(secret, again), sha256.Sum256(key.EncapsulationKey().Bytes()))

	for _, bits := range []int{1024, 2048, 3072} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		check(err)
		hash := sha256.Sum256(data[:bits])
		sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, hash[:])
		check(err)
		good := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, hash[:], sig)
		// The same by math/big.
		m := new(big.Int).Exp(new(big.Int).SetBytes(sig), big.NewInt(int64(key.E)), key.N)
		fmt.Println("rsa:", bits, good, bytes.HasSuffix(m.Bytes(), hash[:]))
	}

	r := mrand.NewChaCha8([32]byte(data[:32]))
	sum := uint64(0)
	for range 10000 {
		sum = sum*31 + r.Uint64()
	}
	fmt.Println("chacha8:", sum, r.Uint64())
	seen := map[uint64]bool{}
	for range 10000 {
		seen[mrand.Uint64()] = true
	}
	fmt.Println("global:", len(seen))
}

func main() {
	p256()
	curve25519()
	others()
}
