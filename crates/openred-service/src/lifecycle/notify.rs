//! Telling systemd that the daemon is ready (sd_notify). Knows one socket and one line.

/// Sends `READY=1` when systemd asked for it (`NOTIFY_SOCKET`); says nothing otherwise. Call it once, when the
/// ports are open.
#[cfg(unix)]
pub fn systemd_ready() {
    let Some(place) = std::env::var_os("NOTIFY_SOCKET") else { return };
    if let Err(error) = send(&place, b"READY=1") {
        tracing::warn!(%error, "systemd could not be told that we are ready.");
    }
}

/// There is no systemd here.
#[cfg(not(unix))]
pub fn systemd_ready() {}

#[cfg(unix)]
fn send(place: &std::ffi::OsStr, line: &[u8]) -> std::io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::UnixDatagram;

    let socket = UnixDatagram::unbound()?;
    match place.as_bytes() {
        #[cfg(target_os = "linux")]
        [b'@', name @ ..] => {
            use std::os::linux::net::SocketAddrExt;
            socket.connect_addr(&std::os::unix::net::SocketAddr::from_abstract_name(name)?)?;
        }
        _ => socket.connect(place)?,
    }
    socket.send(line).map(drop)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn systemd_hears_the_line() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("notify");
        let systemd = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        send(path.as_os_str(), b"READY=1").unwrap();
        let mut heard = [0; 16];
        let length = systemd.recv(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"READY=1");
    }
}
