//! Opening the person's browser. The link is a secret, so it travels in a private file and not as an argument.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Page that leads to the link; gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Page(PathBuf);

impl Drop for Page {
    fn drop(&mut self) {
        // A page that is gone already is what is wanted.
        let _ = fs::remove_file(&self.0);
    }
}

/// Whether there is a screen to open a browser on.
pub(crate) fn is_there() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "macos") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Opens `link` through a page in `folder`. The browser goes on by itself.
pub(crate) fn open(link: &str, folder: &Path) -> io::Result<Page> {
    let page = Page(folder.join("open.html"));
    write_private(&page.0, &redirect(link))?;
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(&page.0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    std::thread::Builder::new().name("browser".to_owned()).spawn(move || child.wait())?;
    Ok(page)
}

/// Writes a file that its owner alone reads, whatever was there before.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn redirect(link: &str) -> String {
    let link = link.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    format!(
        "<!doctype html><meta charset=utf-8><meta name=referrer content=no-referrer>\
         <meta http-equiv=refresh content=\"0; url={link}\"><a href=\"{link}\">OpenRed</a>\n"
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_page_is_the_owners_alone_and_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let page = Page(folder.path().join("open.html"));
        write_private(&page.0, "old").unwrap();
        write_private(&page.0, &redirect("http://localhost:1/#k=A\"B")).unwrap();
        let text = fs::read_to_string(&page.0).unwrap();
        assert!(text.contains("url=http://localhost:1/#k=A&quot;B"), "{text}");
        assert_eq!(fs::metadata(&page.0).unwrap().permissions().mode() & 0o777, 0o600);
        let path = page.0.clone();
        drop(page);
        assert!(!path.exists());
    }
}
