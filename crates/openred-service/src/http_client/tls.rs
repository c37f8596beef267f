//! TLS 1.3 of the client (S1): ring, and the roots that Mozilla trusts, compiled in. Knows no address.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

use super::HttpError;

pub(super) fn config() -> Result<ClientConfig, HttpError> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions =
        ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
    let mut config =
        versions.map_err(|_| HttpError::Setup)?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
