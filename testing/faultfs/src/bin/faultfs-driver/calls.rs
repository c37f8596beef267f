//! One of each call that changes files, a number of times that is known. Must not know: why.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Makes 26 changes and syncs in `folder`.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    let path = |name: &str| folder.join(name);
    // Made, written four ways, cut, grown, brought to disk in both ways: 9.
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).open(path("one"))?;
    file.write_all(b"in order")?;
    file.write_all_at(b"at a place", 4_000)?;
    let _of_the_first_part =
        file.write_vectored(&[IoSlice::new(b""), IoSlice::new(b"in "), IoSlice::new(b"parts")])?;
    file.seek(SeekFrom::Start(100))?;
    file.write_all(&[7; 600])?;
    file.sync_data()?;
    file.set_len(2_000)?;
    file.set_len(9_000)?;
    file.sync_all()?;
    // Made, appended to twice, emptied by the next opening, written: 5.
    let mut appended = OpenOptions::new().append(true).create(true).open(path("two"))?;
    appended.write_all(b"one ")?;
    appended.write_all(b"two")?;
    drop(appended);
    fs::write(path("two"), "three")?;
    // Renamed, over another: made, written, renamed twice: 4.
    fs::write(path("three"), "over two")?;
    fs::rename(path("three"), path("two"))?;
    fs::rename(path("one"), path("four"))?;
    // A folder, a file in it, both removed, folders brought to disk; a last file, not brought to disk: 8.
    fs::create_dir(path("inner"))?;
    fs::write(path("inner/five"), "")?;
    File::open(path("inner"))?.sync_all()?;
    fs::remove_file(path("inner/five"))?;
    fs::remove_dir(path("inner"))?;
    File::open(folder)?.sync_all()?;
    fs::write(path("six"), "not brought to disk")?;
    // None of these is a change below the folder.
    fs::read(path("four"))?;
    File::open(path("four"))?;
    fs::write(folder.with_extension("beside"), "elsewhere")
}
