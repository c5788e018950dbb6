// What the standard library has in assembly: hashes, ciphers, checksums, searches and long numbers, of every length
// around the sizes at which implementations change over, and of lengths at which they divide the work.
package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"math/big"
	"slices"
	"strings"
)

// pattern gives n bytes without a period.
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

var data = pattern(1<<20 + 123)

func lengths(f func(n int)) {
	for n := range 300 {
		f(n)
	}
	for _, n := range []int{1000, 4095, 4096, 4097, 65535, 65536, 65537, 65536 + 128, 262143, 262144, 262145, 300001, 1 << 20} {
		f(n)
	}
}

func hashes() {
	for _, h := range []struct {
		name string
		new  func() hash.Hash
	}{
		{"md5", md5.New},
		{"sha1", sha1.New},
		{"sha256", sha256.New},
		{"sha224", sha256.New224},
		{"sha512", sha512.New},
		{"sha384", sha512.New384},
		{"hmac", func() hash.Hash { return hmac.New(sha256.New, data[:20]) }},
		{"crc32", func() hash.Hash { return crc32.NewIEEE() }},
		{"crc32c", func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }},
		{"crc32k", func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Koopman)) }},
	} {
		all := h.new()
		lengths(func(n int) {
			one, two := h.new(), h.new()
			from := n % 23
			one.Write(data[from : from+n])
			two.Write(data[from : from+n/3])
			two.Write(data[from+n/3 : from+n])
			if !bytes.Equal(one.Sum(nil), two.Sum(nil)) {
				fmt.Println(h.name, n, "differs in parts")
			}
			all.Write(one.Sum(nil))
			if n == 3 {
				fmt.Printf("%s of 3 bytes: %x\n", h.name, one.Sum(nil))
			}
		})
		fmt.Printf("%s: %x\n", h.name, all.Sum(nil))
	}
}

func ciphers() {
	for _, size := range []int{16, 24, 32} {
		key := data[100 : 100+size]
		block, err := aes.NewCipher(key)
		if err != nil {
			panic(err)
		}
		one, back := make([]byte, 16), make([]byte, 16)
		block.Encrypt(one, data)
		block.Decrypt(back, one)
		fmt.Printf("aes-%d: %x %v\n", size*8, one, bytes.Equal(back, data[:16]))

		all := sha256.New()
		lengths(func(n int) {
			plain := data[n%7 : n%7+n]
			out := make([]byte, n)
			iv := bytes.Repeat([]byte{0xff}, 16)
			iv[n%16] -= byte(n)
			stream := cipher.NewCTR(block, iv)
			stream.XORKeyStream(out[:n/3], plain[:n/3])
			stream.XORKeyStream(out[n/3:], plain[n/3:])
			all.Write(out)
		})
		fmt.Printf("ctr: %x\n", all.Sum(nil))

		for _, nonceSize := range []int{12, 1, 16, 33} {
			gcm, err := cipher.NewGCMWithNonceSize(block, nonceSize)
			if err != nil {
				panic(err)
			}
			nonce := data[50 : 50+nonceSize]
			all := sha256.New()
			lengths(func(n int) {
				if nonceSize != 12 && n > 5000 {
					return
				}
				plain, extra := data[n%7:n%7+n], data[5:5+n*3%700]
				sealed := gcm.Seal(nil, nonce, plain, extra)
				opened, err := gcm.Open(nil, nonce, sealed, extra)
				if err != nil || !bytes.Equal(opened, plain) {
					fmt.Println("gcm", n, "does not open", err)
				}
				inPlace := append(slices.Clone(plain), make([]byte, 16)...)
				if !bytes.Equal(gcm.Seal(inPlace[:0], nonce, inPlace[:n], extra), sealed) {
					fmt.Println("gcm", n, "in place differs")
				}
				sealed[n/2] ^= 1
				if _, err := gcm.Open(nil, nonce, sealed, extra); err == nil {
					fmt.Println("gcm", n, "opens what was changed")
				}
				all.Write(sealed)
			})
			fmt.Printf("gcm, nonce of %d: %x\n", nonceSize, all.Sum(nil))
		}

		cbc := make([]byte, 4096)
		cipher.NewCBCEncrypter(block, data[:16]).CryptBlocks(cbc, data[:4096])
		sum := sha256.Sum256(cbc)
		cipher.NewCBCDecrypter(block, data[:16]).CryptBlocks(cbc, cbc)
		fmt.Printf("cbc: %x %v\n", sum, bytes.Equal(cbc, data[:4096]))
	}
	all := sha256.New()
	lengths(func(n int) {
		out := make([]byte, n+1)
		subtle.XORBytes(out, data[1:1+n], data[n%11:])
		all.Write(out)
	})
	fmt.Printf("xor: %x\n", all.Sum(nil))
}

func searches() {
	few := slices.Clone(data)
	for i := range few {
		few[i] = 'a' + few[i]%3
	}
	few[len(few)-1] = 'z'
	text := string(few)
	sum, times := 0, 0
	note := func(n int) {
		times++
		sum = sum*31 + n
	}
	lengths(func(n int) {
		for from := range 5 {
			s, b := text[from:from+n], data[from:from+n]
			for _, c := range []byte{0, 'a', 'b', 'z', 255} {
				note(strings.IndexByte(s, c))
				note(strings.LastIndexByte(s, c))
				note(strings.Count(s, string(rune(c))))
				note(bytes.IndexByte(b, c))
				note(bytes.LastIndexByte(b, c))
				note(bytes.Count(b, []byte{c}))
			}
			for _, k := range []int{2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65} {
				needle := text[777 : 777+k]
				note(strings.Index(s, needle))
				note(strings.LastIndex(s, needle))
				note(strings.Count(s, needle))
				if n >= k {
					note(strings.Index(s, s[n-k:]))
					note(bytes.Index(b, b[n-k:]))
					note(bytes.Index(b, data[n:n+k]))
				}
			}
		}
	})
	// Found only at the end, and across borders.
	for _, n := range []int{262143, 262144, 262145, 524288, len(text)} {
		s := strings.Repeat("a", n) + "bcd"
		note(strings.IndexByte(s, 'b'))
		note(strings.Index(s, "ab"))
		note(strings.Index(s, "abcd"))
		note(strings.LastIndexByte("x"+s, 'x'))
		note(strings.LastIndexByte(s, 'x'))
		note(bytes.Count([]byte(s), []byte("a")))
	}
	fmt.Println("searches:", times, sum)
}

func comparisons() {
	sum := 0
	lengths(func(n int) {
		a := slices.Clone(data[:n])
		note := func(a, b []byte) {
			s, t := string(a), string(b)
			less := 0
			if s < t {
				less = 1
			}
			if (bytes.Compare(a, b) == 0) != bytes.Equal(a, b) || strings.Compare(s, t) != bytes.Compare(a, b) || (s == t) != bytes.Equal(a, b) {
				fmt.Println("comparisons of", n, "disagree")
			}
			sum = sum*5 + bytes.Compare(a, b)*2 + less
		}
		note(a, data[:n])
		note(a, data[:n+1])
		if n > 0 {
			note(a, data[:n-1])
		}
		for at := 0; at < n; at += 1 + n/37 {
			for _, d := range []byte{1, 128, 255} {
				a[at] += d
				note(a, data[:n])
				note(data[:n], a)
				a[at] -= d
			}
		}
	})
	fmt.Println("comparisons:", sum)
}

func numbers() {
	sum := sha256.New()
	number := func(n, from int) *big.Int { return new(big.Int).SetBytes(data[from : from+n]) }
	for n := range 150 {
		for _, m := range []int{0, 1, 8, 9, 40, 128, 256} {
			x, y := number(n, 10), number(m, 500)
			var z, r big.Int
			sum.Write(z.Add(x, y).Bytes())
			sum.Write(z.Sub(x, y).Bytes())
			sum.Write(z.Mul(x, y).Bytes())
			sum.Write(z.Mul(x, x).Bytes())
			sum.Write(z.Lsh(x, uint(m)).Bytes())
			sum.Write(z.Rsh(x, uint(m)).Bytes())
			if y.Sign() != 0 {
				z.DivMod(x, y, &r)
				sum.Write(z.Bytes())
				sum.Write(r.Bytes())
			}
		}
	}
	// Carries through all words.
	ones := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 4096), big.NewInt(1))
	sum.Write(new(big.Int).Add(ones, big.NewInt(1)).Bytes())
	sum.Write(new(big.Int).Mul(ones, ones).Bytes())
	sum.Write(new(big.Int).Neg(ones).Bytes())
	large := new(big.Int).Mul(number(20000, 0), number(15000, 3))
	sum.Write(large.Bytes())
	fmt.Println("decimal:", len(large.String()), hex.EncodeToString(sum.Sum(nil)))
	modulus := number(256, 1000)
	modulus.SetBit(modulus, 0, 1)
	fmt.Printf("power: %x\n", sha256.Sum256(new(big.Int).Exp(number(256, 2000), number(256, 3000), modulus).Bytes()))
}

func main() {
	hashes()
	ciphers()
	searches()
	comparisons()
	numbers()
}
