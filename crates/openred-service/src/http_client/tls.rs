//! TLS 1.3 of the client (S1): ring, and the roots that Mozilla trusts, compiled in. Knows no address.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

use super::HttpError;

const HTTP1: &[u8] = b"http/1.1";

pub(super) fn config() -> Result<ClientConfig, HttpError> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions =
        ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
    let mut config =
        versions.map_err(|_| HttpError::Setup)?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), HTTP1.to_vec()];
    Ok(config)
}

/// The same, offering HTTP/1.1 alone.
pub(super) fn without_http2(config: &ClientConfig) -> ClientConfig {
    let mut config = config.clone();
    config.alpn_protocols = vec![HTTP1.to_vec()];
    config
}
