//! A text in all forms in which it could lie somewhere by mistake: as it is, UTF-16, hexadecimal, base64, and within what zlib
//! or gzip made.

use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use flate2::read::{GzDecoder, ZlibDecoder};
use memchr::memmem::Finder;

/// What comes out of one deflated piece is looked at so far.
const INFLATED_MAX: u64 = 4 << 20;

/// What to look for.
pub(crate) struct Marker(Vec<(&'static str, Finder<'static>)>);

impl Marker {
    /// `text` is ASCII and long enough to stand nowhere by chance.
    pub(crate) fn of(text: &str) -> Self {
        assert!(text.is_ascii() && text.len() >= 16, "{text}");
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let wide = |pair: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(pair).collect::<Vec<u8>>();
        let mut forms = vec![
            ("as it is", text.as_bytes().to_vec()),
            ("UTF-16, little end first", wide(u16::to_le_bytes)),
            ("UTF-16, big end first", wide(u16::to_be_bytes)),
            ("hexadecimal", hex.to_ascii_lowercase().into_bytes()),
            ("hexadecimal", hex.to_ascii_uppercase().into_bytes()),
        ];
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            for before in 0..3_usize {
                let encoded = engine.encode([&vec![0; before], text.as_bytes()].concat());
                // Characters that hold bits of what stands before or behind are another one each time.
                let first = (before * 8).div_ceil(6);
                let last = (before + text.len()) * 8 / 6;
                forms.push(("base64", encoded.as_bytes()[first..last].to_vec()));
            }
        }
        Self(forms.into_iter().map(|(name, bytes)| (name, Finder::new(&bytes).into_owned())).collect())
    }

    /// The first form in which it stands in `bytes`.
    pub(crate) fn in_bytes(&self, bytes: &[u8]) -> Option<&'static str> {
        self.plain(bytes).or_else(|| {
            let pairs = bytes.windows(2).enumerate();
            let packed = pairs.filter(|(_, pair)| is_zlib(pair) || **pair == [0x1f, 0x8b]);
            packed.filter_map(|(at, _)| self.plain(&inflated(&bytes[at..]))).map(|_| "deflated").next()
        })
    }

    /// Files below `path` in which it stands, and how.
    pub(crate) fn in_files(&self, path: &Path) -> Vec<(String, &'static str)> {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).unwrap();
            return entries.flat_map(|entry| self.in_files(&entry.unwrap().path())).collect();
        }
        let found = self.in_bytes(&std::fs::read(path).unwrap_or_default());
        found.map(|form| (path.display().to_string(), form)).into_iter().collect()
    }

    fn plain(&self, bytes: &[u8]) -> Option<&'static str> {
        self.0.iter().find(|(_, finder)| finder.find(bytes).is_some()).map(|(name, _)| *name)
    }
}

/// RFC 1950: deflate, a check, no dictionary.
fn is_zlib(pair: &[u8]) -> bool {
    pair[0] & 0x0f == 8
        && pair[0] >> 4 <= 7
        && pair[1] & 0x20 == 0
        && u16::from_be_bytes([pair[0], pair[1]]).is_multiple_of(31)
}

fn inflated(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let reader: &mut dyn std::io::Read = if bytes[0] == 0x1f {
        &mut GzDecoder::new(bytes).take(INFLATED_MAX)
    } else {
        &mut ZlibDecoder::new(bytes).take(INFLATED_MAX)
    };
    // What came out before it turned out to be nothing of the kind is looked at too.
    let _may_be_none = reader.read_to_end(&mut out);
    out
}

#[test]
fn each_form_is_found() {
    use std::io::Write as _;
    let text = "a lamp that nobody else has seen";
    let marker = Marker::of(text);
    assert_eq!(marker.in_bytes(b"a lamp that nobody else has lit, or seen"), None);
    let around = |inner: &[u8]| [b"before it, ", inner, b", behind it"].concat();
    let found = |inner: &[u8]| marker.in_bytes(&around(inner)).unwrap();
    assert_eq!(found(text.as_bytes()), "as it is");
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(found(&wide), "UTF-16, little end first");
    let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(found(hex.as_bytes()), "hexadecimal");
    for before in 0..4 {
        let whole = [&vec![b'x'; before], text.as_bytes(), b"yz"].concat();
        assert_eq!(found(STANDARD_NO_PAD.encode(&whole).as_bytes()), "base64", "{before} before it");
    }
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(&around(text.as_bytes())).unwrap();
    assert_eq!(found(&zlib.finish().unwrap()), "deflated");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&around(text.as_bytes())).unwrap();
    assert_eq!(found(&gzip.finish().unwrap()), "deflated");
}
