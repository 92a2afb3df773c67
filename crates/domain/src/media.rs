//! What an attachment is, told by its first bytes: an entry names attachments by their SHA-256 alone.

/// What sort of thing an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A photo. The app keeps all of them as JPEG.
    Photo,
    /// A signature drawn on the screen, which the app keeps as PNG.
    Signature,
    /// A spoken note.
    Sound,
    /// Something that this version doesn't know.
    Other,
}

impl Medium {
    /// The sort, and its media type (RFC 2046).
    pub fn of(bytes: &[u8]) -> (Self, &'static str) {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => (Self::Photo, "image/jpeg"),
            [0x89, b'P', b'N', b'G', ..] => (Self::Signature, "image/png"),
            [0x1a, 0x45, 0xdf, 0xa3, ..] => (Self::Sound, "audio/webm"),
            [b'O', b'g', b'g', b'S', ..] => (Self::Sound, "audio/ogg"),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] if !is_heic(bytes) => (Self::Sound, "audio/mp4"),
            _ => (Self::Other, "application/octet-stream"),
        }
    }
}

/// Whether this is a HEIC or AVIF picture (ISO/IEC 23008-12), which few browsers can open.
pub fn is_heic(bytes: &[u8]) -> bool {
    const BRANDS: [&[u8]; 8] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif"];
    bytes.get(4..8) == Some(b"ftyp") && bytes.get(8..12).is_some_and(|brand| BRANDS.contains(&brand))
}

/// How many pixels a JPEG (ITU-T T.81) or PNG (ISO/IEC 15948) says that it has, without opening it. Nothing for
/// anything else, and for what is cut off before it says so.
pub fn pixels(bytes: &[u8]) -> Option<u64> {
    let (width, height) = match Medium::of(bytes).0 {
        Medium::Signature => (number(bytes, 16, 4)?, number(bytes, 20, 4)?),
        Medium::Photo => jpeg_size(bytes)?,
        Medium::Sound | Medium::Other => return None,
    };
    Some(width * height)
}

/// Goes from segment to segment up to the frame header.
fn jpeg_size(bytes: &[u8]) -> Option<(u64, u64)> {
    let mut at = 2;
    loop {
        let marker = number(bytes, at, 2)?;
        match marker {
            // Bytes between segments, and markers that stand alone.
            0xffff => at += 1,
            0xff01 | 0xffd0..=0xffd8 => at += 2,
            // A frame header, of whatever coding; the others in this range are tables.
            0xffc0..=0xffcf if !matches!(marker, 0xffc4 | 0xffc8 | 0xffcc) => {
                return Some((number(bytes, at + 7, 2)?, number(bytes, at + 5, 2)?));
            }
            0xff00.. => at += 2 + usize::try_from(number(bytes, at + 2, 2)?).ok()?,
            _ => return None,
        }
    }
}

/// A number, the most significant byte first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 9, 0xff, 0xff, 0xc2, 0, 11, 8, 0x20, 0x00,
        0x30, 0x00, 1, 1, 0x11, 0,
    ];

    #[test]
    fn a_jpeg_says_its_size_in_whatever_coding() {
        assert_eq!(Medium::of(JPEG), (Medium::Photo, "image/jpeg"));
        assert_eq!(pixels(JPEG), Some(0x2000 * 0x3000));
    }

    #[test]
    fn a_png_says_its_size() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 0x27, 0x10, 0, 0, 0x1f, 0x40]);
        assert_eq!(pixels(&png), Some(10_000 * 8_000));
    }

    #[test]
    fn heic_is_no_sound() {
        assert!(is_heic(b"\0\0\0\x18ftypheic\0\0\0\0"));
        assert_eq!(Medium::of(b"\0\0\0\x18ftypheic\0\0\0\0").0, Medium::Other);
        assert_eq!(Medium::of(b"\0\0\0\x18ftypisom\0\0\0\0"), (Medium::Sound, "audio/mp4"));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_stumble(mut bytes: Vec<u8>, jpeg: bool) {
            if jpeg {
                bytes.splice(0..0, [0xff, 0xd8, 0xff]);
            }
            let _ = (Medium::of(&bytes), is_heic(&bytes), pixels(&bytes));
        }

        #[test]
        fn a_cut_jpeg_says_nothing_or_the_same(end in 0..JPEG.len()) {
            proptest::prop_assert!(pixels(&JPEG[..end]).is_none_or(|found| Some(found) == pixels(JPEG)));
        }
    }
}
