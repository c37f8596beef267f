//! QR codes as pictures. Knows nothing of what they say.

use axum::response::{IntoResponse as _, Response};
use http::header;
use qrcode::{EcLevel, QrCode, render::svg};

use crate::error::NodeError;

/// Side of a code, pixels at least.
const SIDE: u32 = 240;

/// The code of a text as SVG, black on white.
///
/// # Errors
/// [`NodeError::Internal`] for what fits no code: over 2,953 bytes.
pub(crate) fn svg(text: &str) -> Result<String, NodeError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)
        .map_err(|e| NodeError::Internal(format!("a text fits no code: {e}")))?;
    let colours = (svg::Color("#000"), svg::Color("#fff"));
    Ok(code.render().min_dimensions(SIDE, SIDE).dark_color(colours.0).light_color(colours.1).build())
}

/// The same as an answer that nobody keeps.
///
/// # Errors
/// As [`svg`].
pub(crate) fn picture(text: &str) -> Result<Response, NodeError> {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "private, no-store")];
    Ok((headers, svg(text)?).into_response())
}
