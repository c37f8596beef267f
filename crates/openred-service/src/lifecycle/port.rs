//! Opening a listening port with an error that a person can act on. Knows addresses; accepts nothing.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

/// Why a port cannot be listened to.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Another program listens there: stop it, or choose another port.
    #[error("port {} on {} is taken by another program", address.port(), address.ip())]
    Taken {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The system does not let us have it (ports below 1024, an address that is not ours).
    #[error("cannot listen on {address}: {cause}")]
    Refused {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
}

/// Listens on `address`; port 0 takes a free one.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, PortError> {
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        io::ErrorKind::AddrInUse => PortError::Taken { address },
        _ => PortError::Refused { address, cause },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let ana = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = ana.local_addr().unwrap();
        let told = listen(address).await.unwrap_err().to_string();
        assert!(told.contains(&address.port().to_string()), "{told}");
    }
}
