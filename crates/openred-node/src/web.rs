//! The app in the browser: files of `web/dist`, built into the binary. Knows files and headers, no endpoint.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use openred_service::problem::Problem;
use rust_embed::{EmbeddedFile, RustEmbed};

/// What the app may do in a browser: nothing but its own files and its own node.
pub(crate) const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// Shown when the program was built without the app.
const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>OpenRed</title>\
    <h1>The app is not in this program</h1>\
    <p>It was built before the app was. Run <code>npm ci &amp;&amp; npm run build</code> in the folder <code>web</code>, \
    then build OpenRed again. The node itself works: its API answers under <code>/api/v1</code>.</p>";

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Answers everything that no route took: a file, the app for its own paths, or 404.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if ["api/", "p2p/", "tokens/", ".well-known/"].iter().any(|own| path.starts_with(own)) || path == "api" {
        return Problem::unknown().detail("there is no such call").into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return Problem::method_not_allowed().into_response();
    }
    match Dist::get(path) {
        Some(found) if path != "index.html" => file(path, &found, &headers),
        None if path.rsplit('/').next().unwrap_or_default().contains('.') => {
            Problem::unknown().into_response()
        }
        _ => index(&headers),
    }
}

fn index(headers: &HeaderMap) -> Response {
    match Dist::get("index.html") {
        Some(found) => file("index.html", &found, headers),
        None => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT)
                .into_response()
        }
    }
}

fn file(path: &str, found: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&found.metadata.sha256_hash()[..16]));
    let known =
        headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains(&tag));
    // Names under assets/ hold a hash of the content; the others are asked for again each time.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(found.data.clone().into_owned()))
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
