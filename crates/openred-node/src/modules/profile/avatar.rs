//! Pictures of people: any image becomes a square of 512 pixels without metadata, kept as encrypted content.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, imageops::FilterType};
use openred_core::{ids::Hash, payload::Content};
use serde::Deserialize;
use thiserror::Error;

use crate::{
    api::Api,
    error::NodeError,
    modules::{
        contacts::store as people,
        feed::contents::{self, store::Stored},
    },
};

/// Largest picture taken, bytes.
pub const BYTES_MAX: usize = 8 << 20;
/// Most pixels of a picture taken.
const PIXELS_MAX: u64 = 40_000_000;
/// Side of the square.
const SIDE: u32 = 512;
/// Quality of the JPEG.
const QUALITY: u8 = 85;
/// Largest picture of somebody else, plain bytes.
const FETCHED_MAX: u64 = 1 << 20;
/// What is served as a picture.
const TYPES: [&str; 3] = ["image/jpeg", "image/webp", "image/png"];

/// Why a picture is refused.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum BadImage {
    /// Not JPEG, PNG, WebP or GIF, or damaged.
    #[error("this is no picture that can be read: use JPEG, PNG, WebP or GIF")]
    Unreadable,
    /// More than 40 megapixels.
    #[error("this picture has more than 40 megapixels")]
    TooManyPixels,
}

/// Reads a picture, cuts the middle square, turns it upright and writes a JPEG. Takes some hundred milliseconds.
pub fn square(bytes: &[u8]) -> Result<Vec<u8>, BadImage> {
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| BadImage::Unreadable)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(PIXELS_MAX * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| BadImage::Unreadable)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(BadImage::TooManyPixels);
    }
    let turned = decoder.orientation().ok();
    let image = DynamicImage::from_decoder(decoder).map_err(|_| BadImage::Unreadable)?;
    let mut image = image.resize_to_fill(SIDE, SIDE, FilterType::Triangle);
    if let Some(turned) = turned {
        image.apply_orientation(turned);
    }
    jpeg(&on_white(image))
}

/// JPEG knows no transparency.
fn on_white(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image;
    }
    let mut white = image::RgbaImage::from_pixel(image.width(), image.height(), image::Rgba([255; 4]));
    image::imageops::overlay(&mut white, &image, 0, 0);
    white.into()
}

fn jpeg(image: &DynamicImage) -> Result<Vec<u8>, BadImage> {
    let mut out = Cursor::new(Vec::new());
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, QUALITY);
    image.to_rgb8().write_with_encoder(encoder).map_err(|_| BadImage::Unreadable)?;
    Ok(out.into_inner())
}

/// Makes the owner's picture of `bytes` and keeps it as public content.
pub async fn keep(api: &Api, bytes: Vec<u8>) -> Result<Content, NodeError> {
    api.deps.seal.get()?;
    let made = tokio::task::spawn_blocking(move || square(&bytes)).await;
    let made = made.map_err(|e| NodeError::Internal(e.to_string()))?;
    let plain = made.map_err(|e| NodeError::invalid("image", e.to_string()))?;
    let mut key = [0u8; 32];
    getrandom::fill(&mut key)?;
    let media_type = ImageFormat::Jpeg.to_mime_type();
    let (content, sealed) =
        contents::close(&plain, key, media_type).map_err(|e| NodeError::Internal(e.to_string()))?;
    let (id, now) = (content.content_id, api.deps.clock.now_ms());
    let stored = Stored { bytes: sealed, own: true, public: true, post_id: None };
    api.deps.write_plain(move |tx| contents::store::put(tx, &id, &stored, now)).await?;
    Ok(content)
}

/// A picture of the owner or of somebody known: its bytes and their type. Others' are fetched once.
pub async fn read(api: &Api, id: Hash) -> Result<(Vec<u8>, String), NodeError> {
    const WHAT: &str = "this picture";
    let (content, person, held) = api
        .deps
        .read(move |w| {
            let own = super::store::get(w.tx, w.seal)?.and_then(|p| p.avatar).filter(|a| a.content_id == id);
            let found = match own {
                Some(avatar) => Some((avatar, None)),
                None => people::with_avatar(w.tx, w.seal, &id)?
                    .into_iter()
                    .filter(|p| !p.is_blocked())
                    .find_map(|p| {
                        let avatar = p.details.avatar.filter(|a| a.content_id == id)?;
                        Some((avatar, Some(p.id)))
                    }),
            };
            let (content, person) = found.ok_or(NodeError::Unknown(WHAT))?;
            Ok((content, person, contents::store::get(w.tx, &id)?))
        })
        .await?;
    if !TYPES.contains(&content.media_type.as_str()) || content.size > FETCHED_MAX {
        return Err(NodeError::Unknown(WHAT));
    }
    let sealed = match (held, person) {
        (Some(held), _) => held.bytes,
        (None, Some(person)) => fetch(api, person, id).await?,
        (None, None) => return Err(NodeError::Unknown(WHAT)),
    };
    let plain = contents::open(&content, &sealed).map_err(|_| NodeError::Unknown(WHAT))?;
    Ok((plain, content.media_type))
}

async fn fetch(api: &Api, person: i64, id: Hash) -> Result<Vec<u8>, NodeError> {
    #[derive(Deserialize)]
    struct Size {
        size: u64,
    }
    let ask = serde_json::json!({"content_id": id}).to_string();
    let answer = api.net.request(person, "content", ask).await?;
    let size = serde_json::from_str::<Size>(&answer.json).map(|s| s.size);
    let whole =
        answer.status == 200 && answer.from == 0 && size.is_ok_and(|size| size == answer.data.len() as u64);
    if !whole || Hash::of(&[&answer.data]) != id {
        return Err(NodeError::Peer("their node did not give the picture it promised".to_owned()));
    }
    let (bytes, now) = (answer.data.clone(), api.deps.clock.now_ms());
    let stored = Stored { bytes, own: false, public: true, post_id: None };
    api.deps.write_plain(move |tx| contents::store::put(tx, &id, &stored, now)).await?;
    Ok(answer.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgba8(width, height).write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn any_picture_becomes_a_small_square() {
        let made = square(&png(1200, 300)).unwrap();
        let read = image::load_from_memory_with_format(&made, ImageFormat::Jpeg).unwrap();
        assert_eq!((read.width(), read.height()), (SIDE, SIDE));
        assert_eq!(read.to_rgb8().get_pixel(0, 0).0, [255; 3], "transparent becomes white");
    }

    #[test]
    fn bombs_and_rubbish_are_refused() {
        assert_eq!(square(b"<svg onload=alert(1)>"), Err(BadImage::Unreadable));
        assert_eq!(square(&png(64, 64)[..60]), Err(BadImage::Unreadable));
        let mut bomb = png(1, 1);
        bomb[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        assert!(square(&bomb).is_err(), "4 gigapixels by its header");
    }
}
