//! Pictures among files: written anew without what cameras and programs add (place, time, serial numbers), and made small
//! for lists. Knows bytes, not files.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    codecs::png::PngEncoder, codecs::webp::WebPEncoder,
};

use super::store::About;

/// Larger pictures stay as they are and have no small one.
const BYTES_MAX: u64 = 32 << 20;
const PIXELS_MAX: u64 = 40_000_000;
/// Longest side of a small picture.
const SIDE: u32 = 320;
/// Quality of what is written anew, and of small pictures.
const QUALITY: (u8, u8) = (90, 75);

/// What a picture gave.
#[derive(Debug)]
pub(super) struct Made {
    /// The same picture without metadata; none where it stays as it is.
    pub(super) cleaned: Option<Vec<u8>>,
    /// JPEG.
    pub(super) thumbnail: Vec<u8>,
}

/// Whether a file says to be a picture that is looked at.
pub(super) fn is_picture(about: &About) -> bool {
    format(&about.media_type).is_some() && about.size <= BYTES_MAX
}

fn format(media_type: &str) -> Option<ImageFormat> {
    match media_type {
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/png" => Some(ImageFormat::Png),
        "image/webp" => Some(ImageFormat::WebP),
        "image/gif" => Some(ImageFormat::Gif),
        _ => None,
    }
}

/// Looks at a picture of the type that it says to be; `None` when it is none, or has more than 40 megapixels. GIFs, which
/// may move and hold no place or time, stay as they are.
pub(super) fn look(bytes: &[u8], media_type: &str, clean: bool) -> Option<Made> {
    let format = format(media_type)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(PIXELS_MAX * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return None;
    }
    let turned = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    if let Some(turned) = turned {
        image.apply_orientation(turned);
    }
    let thumbnail = jpeg(&image.thumbnail(SIDE, SIDE), QUALITY.1)?;
    let cleaned = (clean && format != ImageFormat::Gif).then(|| again(&image, format));
    match cleaned {
        Some(None) => None,
        Some(cleaned) => Some(Made { cleaned, thumbnail }),
        None => Some(Made { cleaned: None, thumbnail }),
    }
}

fn again(image: &DynamicImage, format: ImageFormat) -> Option<Vec<u8>> {
    if format == ImageFormat::Jpeg {
        return jpeg(image, QUALITY.0);
    }
    let mut out = Vec::new();
    let written = if format == ImageFormat::Png {
        image.write_with_encoder(PngEncoder::new(&mut out))
    } else {
        DynamicImage::from(image.to_rgba8()).write_with_encoder(WebPEncoder::new_lossless(&mut out))
    };
    written.ok().map(|()| out)
}

fn jpeg(image: &DynamicImage, quality: u8) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    image.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut out, quality)).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG with an Exif block that says where and by whom it was taken.
    fn with_exif(width: u32, height: u32) -> Vec<u8> {
        let plain = jpeg(&DynamicImage::new_rgb8(width, height), 90).unwrap();
        let said = b"Exif\0\0II*\0\x08\0\0\0\0\0 48.8584 N 2.2945 E ana's camera 12345";
        let length = (said.len() as u16 + 2).to_be_bytes();
        [&plain[..2], &[0xff, 0xe1], &length, said, &plain[2..]].concat()
    }

    fn holds(bytes: &[u8], text: &[u8]) -> bool {
        bytes.windows(text.len()).any(|window| window == text)
    }

    #[test]
    fn what_a_camera_wrote_is_gone_and_the_picture_is_there() {
        let taken = with_exif(640, 400);
        assert!(holds(&taken, b"48.8584"));
        let made = look(&taken, "image/jpeg", true).unwrap();
        let cleaned = made.cleaned.unwrap();
        assert!(!holds(&cleaned, b"48.8584") && !holds(&cleaned, b"Exif"));
        let read = image::load_from_memory_with_format(&cleaned, ImageFormat::Jpeg).unwrap();
        assert_eq!((read.width(), read.height()), (640, 400));
        let small = image::load_from_memory_with_format(&made.thumbnail, ImageFormat::Jpeg).unwrap();
        assert_eq!((small.width(), small.height()), (320, 200));
        assert!(look(&taken, "image/jpeg", false).unwrap().cleaned.is_none(), "as the owner wishes");
    }

    #[test]
    fn every_kind_stays_what_it_is() {
        for (format, media_type) in [(ImageFormat::Png, "image/png"), (ImageFormat::WebP, "image/webp")] {
            let mut bytes = Cursor::new(Vec::new());
            DynamicImage::new_rgba8(30, 20).write_to(&mut bytes, format).unwrap();
            let cleaned = look(bytes.get_ref(), media_type, true).unwrap().cleaned.unwrap();
            assert_eq!(image::guess_format(&cleaned).unwrap(), format);
        }
    }

    #[test]
    fn what_is_no_picture_is_not_taken_for_one() {
        assert!(look(b"<svg onload=alert(1)>", "image/png", true).is_none());
        let taken = with_exif(64, 64);
        assert!(look(&taken, "image/png", true).is_none(), "of another kind than it says");
        assert!(look(&taken[..taken.len() / 3], "image/jpeg", true).is_none(), "cut");
        assert!(look(&taken, "image/svg+xml", true).is_none());
    }
}
