//! Bytes of files: brought in as many calls as it takes, read whole or in part.

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use openred_service::problem::{Code, Problem};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::{
    super::{known, on_disk, store},
    file_id, uploads,
};
use crate::{api::Api, error::NodeError};

/// 416: no such part of the file.
const OUT_OF_RANGE: Code = Code {
    status: StatusCode::RANGE_NOT_SATISFIABLE,
    name: "out_of_range",
    title: "The file has no such part",
};
/// How far a file is on the disk, and how far it will go (after draft-ietf-httpbis-resumable-upload).
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// What a browser may show by itself; everything else is for saving.
const SHOWN: [&str; 14] = [
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/mp4",
    "audio/webm",
    "audio/flac",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "text/plain",
];

/// Where the bytes go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OffsetQuery {
    /// Where the file goes on: 0, or what was answered last.
    offset: u64,
}

/// How far a file is.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadProgress {
    /// Bytes that are on disk; go on here. Rises in chunks of 64 KiB: what fills none is sent again.
    offset: u64,
    /// Nothing is missing.
    whole: bool,
}

/// Brings bytes of a file from `offset` on, as many as one likes. What is answered is on disk, whatever happens. With the last
/// byte the file is whole; of a picture that is written anew the size changes then. 409 `conflict` with `offset` says
/// where it goes on instead.
#[utoipa::path(put, path = "/files/{id}/data", tag = "files", params(("id" = String, Path), ("offset" = u64, Query)), request_body(content_type = "application/octet-stream", content = Vec<u8>), responses((status = 200, body = UploadProgress)))]
pub async fn append(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(query): Query<OffsetQuery>,
    body: Body,
) -> Result<Json<UploadProgress>, Problem> {
    let (deps, id) = (api.deps.clone(), file_id(&id)?);
    // Who hangs up ends the body, not the writing: what came is brought to the disk.
    let (taken, answer) = oneshot::channel();
    api.deps.tasks.spawn_one_of_many("upload", async move {
        // Nobody may be there any more to hear it.
        let _ = taken.send(uploads::append(&deps, id, query.offset, body).await);
    });
    match answer.await.map_err(|error| NodeError::Internal(error.to_string()))?? {
        uploads::Brought::On(progress) => {
            Ok(Json(UploadProgress { offset: progress.offset, whole: progress.whole }))
        }
        uploads::Brought::Elsewhere(offset) => {
            Err(Problem::conflict().detail("the file goes on elsewhere").with("offset", offset.to_string()))
        }
    }
}

/// How far a file is on the disk: `Upload-Offset`, and `Upload-Length` for the whole.
#[utoipa::path(head, path = "/files/{id}/data", tag = "files", params(("id" = String, Path)), responses((status = 200)))]
pub async fn offset(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = file_id(&id)?;
    let file = api.deps.read(move |w| known(w, &id)).await?;
    let offset = if file.whole { file.about.size } else { uploads::progress(&api.deps, id).await?.offset };
    let headers = [(UPLOAD_OFFSET, offset.to_string()), (UPLOAD_LENGTH, file.about.size.to_string())];
    Ok(headers.into_response())
}

/// The bytes of a whole file, or the part that a `Range` header names.
#[utoipa::path(get, path = "/files/{id}/data", tag = "files", params(("id" = String, Path)), responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 206, content_type = "application/octet-stream", body = Vec<u8>)))]
pub async fn data(
    State(api): State<Api>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = file_id(&id)?;
    let file = api.deps.read(move |w| known(w, &id)).await?;
    let reading = api.deps.files.read(&file).await?;
    let (number, now) = (file.id, api.deps.clock.now_ms());
    api.deps.write_plain(move |tx| store::touch(tx, number, now)).await?;
    let part = Part::of(&headers, file.about.size)?;
    let pieces = stream::try_unfold((reading, part.from, part.to), |(reading, at, to)| async move {
        if at >= to {
            return Ok(None);
        }
        let (reading, mut bytes) = on_disk(move || {
            let bytes = reading.plain(at)?;
            Ok((reading, bytes))
        })
        .await?;
        bytes.truncate(usize::try_from(to - at).unwrap_or(usize::MAX));
        let next = at + bytes.len() as u64;
        Ok::<_, NodeError>(Some((Bytes::from(bytes), (reading, next, to))))
    });
    let mut response = part.response(Body::from_stream(pieces.boxed()));
    let out = response.headers_mut();
    let kind = file.about.media_type.as_str();
    let kind = if SHOWN.contains(&kind) { kind } else { "application/octet-stream" };
    out.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).map_err(|_| Problem::internal())?);
    out.insert(header::CONTENT_DISPOSITION, attachment(&file.about.name)?);
    Ok(response)
}

/// A small picture of a file that is one.
#[utoipa::path(get, path = "/files/{id}/thumbnail", tag = "files", params(("id" = String, Path)), responses((status = 200, content_type = "image/jpeg", body = Vec<u8>)))]
pub async fn thumbnail(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = file_id(&id)?;
    let found = api.deps.read(move |w| Ok(store::thumbnail(w.tx, w.seal, &id)?)).await?;
    let jpeg = found.ok_or(NodeError::Unknown("this picture"))?;
    let headers = [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "private, max-age=86400")];
    Ok((headers, jpeg).into_response())
}

/// Part of something with a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) from: u64,
    pub(super) to: u64,
    of: u64,
    is_part: bool,
}

impl Part {
    /// What a `Range` header asks for: one range of bytes; anything else is the whole.
    ///
    /// # Errors
    /// 416 `out_of_range` with the length.
    pub(super) fn of(headers: &HeaderMap, of: u64) -> Result<Self, Problem> {
        let whole = Self { from: 0, to: of, of, is_part: false };
        let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok()?.strip_prefix("bytes="));
        let Some((first, last)) = asked.and_then(|range| range.split_once('-')) else { return Ok(whole) };
        let (first, last) = (first.trim().parse::<u64>(), last.trim().parse::<u64>());
        let (from, to) = match (first, last) {
            (Ok(first), Ok(last)) if last >= first => (first, last.saturating_add(1).min(of)),
            (Ok(first), Err(_)) if asked.is_some_and(|range| range.trim_end().ends_with('-')) => (first, of),
            (Err(_), Ok(last)) if asked.is_some_and(|range| range.starts_with('-')) => {
                (of.saturating_sub(last), of)
            }
            _ => return Ok(whole),
        };
        if from >= to {
            return Err(Problem::new(OUT_OF_RANGE).with("length", of.to_string()));
        }
        Ok(Self { from, to, of, is_part: true })
    }

    /// The answer with this body.
    pub(super) fn response(&self, body: Body) -> Response {
        let mut response = body.into_response();
        let headers = response.headers_mut();
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.to - self.from));
        if self.is_part {
            let range = format!("bytes {}-{}/{}", self.from, self.to.saturating_sub(1), self.of);
            if let Ok(range) = HeaderValue::from_str(&range) {
                headers.insert(header::CONTENT_RANGE, range);
            }
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        response
    }
}

/// `attachment` with the name as RFC 8187 writes it.
fn attachment(name: &str) -> Result<HeaderValue, Problem> {
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    let value = format!("attachment; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&value).map_err(|_| Problem::internal())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(range: &str, of: u64) -> Result<(u64, u64), u16> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_str(range).unwrap());
        Part::of(&headers, of).map(|part| (part.from, part.to)).map_err(|problem| problem.status.as_u16())
    }

    #[test]
    fn ranges_are_read_as_browsers_write_them() {
        for (range, found) in [
            ("bytes=0-9", Ok((0, 10))),
            ("bytes=10-", Ok((10, 100))),
            ("bytes=90-500", Ok((90, 100))),
            ("bytes=-7", Ok((93, 100))),
            ("bytes=-700", Ok((0, 100))),
            ("bytes=100-", Err(416)),
            ("bytes=0-9,20-29", Ok((0, 100))),
            ("bytes=9-0", Ok((0, 100))),
            ("bytes=x-y", Ok((0, 100))),
            ("lines=1-2", Ok((0, 100))),
        ] {
            assert_eq!(part(range, 100), found, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Err(416), "an empty file has no part");
    }

    #[test]
    fn names_cannot_break_out_of_their_header() {
        let value = attachment("été \"2\";\r\nx.jpg").unwrap();
        assert_eq!(
            value.to_str().unwrap(),
            "attachment; filename*=UTF-8''%C3%A9t%C3%A9%20%222%22%3B%0D%0Ax.jpg"
        );
    }
}
