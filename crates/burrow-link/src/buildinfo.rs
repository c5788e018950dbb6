//! What tells tools where an executable comes from: `.go.buildinfo`, and build ids in notes.
//!
//! gc: `cmd/link/internal/ld` (`buildinfo`, `doelf`), `debug/buildinfo`, `cmd/internal/buildid`.

/// What `go version -m` and `debug/buildinfo` print of the file.
#[derive(Clone, Debug, Default)]
pub struct BuildInfo {
    /// `go1.27.3`, as `runtime.Version` says.
    pub go_version: String,
    /// Lines of `runtime/debug.BuildInfo`, between two marks of 16 bytes, which readers leave out.
    pub mod_info: String,
}

impl BuildInfo {
    /// The bytes of `.go.buildinfo`: a header of 32 bytes, then two strings with their lengths in front. Readers look for
    /// the header at multiples of 16.
    pub(crate) fn section(&self) -> Vec<u8> {
        const POINTER_SIZE: u8 = 8;
        /// The strings stand in the section itself.
        const INLINE_STRINGS: u8 = 2;
        let mut out = b"\xff Go buildinf:".to_vec();
        out.extend([POINTER_SIZE, INLINE_STRINGS]);
        out.resize(32, 0);
        for text in [&self.go_version, &self.mod_info] {
            put_uvarint(&mut out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        out.resize(out.len().next_multiple_of(16), 0);
        out
    }
}

/// LEB128, as Go's `encoding/binary` writes it.
pub(crate) fn put_uvarint(out: &mut Vec<u8>, mut x: u64) {
    while x >= 0x80 {
        out.push(x as u8 | 0x80);
        x >>= 7;
    }
    out.push(x as u8);
}

/// Characters of the build id in its note: a hash in base64, as long as one of the parts of gc's.
const ID_CHARS: usize = 20;
/// Bytes of the build id that GNU's tools read.
const GNU_ID_BYTES: usize = 20;

/// Two notes: `.note.go.buildid`, of type 4 and name "Go", and `.note.gnu.build-id`, of type 3 and name "GNU". The ids are filled in
/// when the rest of the file is known ([`write_ids`]).
pub(crate) fn notes() -> (Vec<u8>, Vec<u8>) {
    (note(4, b"Go\0\0", ID_CHARS), note(3, b"GNU\0", GNU_ID_BYTES))
}

fn note(kind: u32, name: &[u8; 4], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [4, size as u32, kind] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(name);
    out.resize(out.len() + size, 0);
    out
}

/// Writes both ids into the notes at these offsets of the file: they are the hash of all that is loaded, which is the file up to `end`.
pub(crate) fn write_ids(file: &mut [u8], go_note: usize, gnu_note: usize, end: usize) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let hash = blake3::hash(&file[..end]);
    let text = hash.as_bytes().iter().map(|b| DIGITS[usize::from(b & 63)]);
    for (place, c) in file[go_note + 16..].iter_mut().zip(text.take(ID_CHARS)) {
        *place = c;
    }
    let gnu = gnu_note + 16;
    file[gnu..gnu + GNU_ID_BYTES].copy_from_slice(&hash.as_bytes()[..GNU_ID_BYTES]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_strings() {
        let info = BuildInfo { go_version: "go1.27.3".into(), mod_info: "x".repeat(200) };
        let s = info.section();
        assert_eq!(&s[..16], b"\xff Go buildinf:\x08\x02");
        assert_eq!(&s[32..41], b"\x08go1.27.3");
        assert_eq!(&s[41..44], &[0xc8, 1, b'x']);
        assert_eq!(s.len() % 16, 0);
    }

    #[test]
    fn notes_have_names_and_sizes() {
        let (go, gnu) = notes();
        assert_eq!(&go[..16], b"\x04\0\0\0\x14\0\0\0\x04\0\0\0Go\0\0");
        assert_eq!(&gnu[..16], b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0");
        assert_eq!((go.len(), gnu.len()), (36, 36));
    }
}
