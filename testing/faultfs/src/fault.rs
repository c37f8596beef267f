//! Which operation meets the fault, and what happens to it. Must not know: paths, the journal's form.

use std::ffi::c_int;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::journal::{Kind, Record};
use crate::path::PathText;
use crate::settings::Settings;

/// What happens at the chosen operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process dies before it.
    Kill,
    /// It fails, once.
    Eio,
    /// It and all that need more space fail, until there is space.
    Enospc,
}

impl Fault {
    /// Without a name: death.
    pub(crate) fn named(name: &[u8]) -> Self {
        match name {
            b"eio" => Self::Eio,
            b"enospc" => Self::Enospc,
            _ => Self::Kill,
        }
    }
}

/// What to do with an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As it is.
    Do,
    /// Half of it: the disk became full in the middle.
    Half,
    /// Not at all, with this error.
    Fail(c_int),
}

/// How many operations there were; whoever holds it is the only one who changes the folder.
struct Progress {
    operations: u64,
    full: bool,
}

static PROGRESS: Mutex<Progress> = Mutex::new(Progress { operations: 0, full: false });

/// One operation under way.
pub(crate) struct Operation {
    settings: &'static Settings,
    progress: MutexGuard<'static, Progress>,
}

impl Operation {
    /// Waits until no other is under way.
    pub(crate) fn begin(settings: &'static Settings) -> Self {
        Self { settings, progress: PROGRESS.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Counts it and says what is to be done. `grows`: it needs more space than there was.
    pub(crate) fn verdict(&mut self, path: &PathText, grows: bool) -> Verdict {
        self.progress.operations += 1;
        let here = self.progress.operations == self.settings.at;
        if here {
            self.record(&Record::of(Kind::Fault, 0, path));
        }
        match self.settings.fault {
            Fault::Kill if here => die(),
            Fault::Eio if here => Verdict::Fail(libc::EIO),
            Fault::Kill | Fault::Eio => Verdict::Do,
            Fault::Enospc => self.space(here, grows),
        }
    }

    fn space(&mut self, here: bool, grows: bool) -> Verdict {
        let first = (here || self.progress.operations > self.settings.at) && !self.progress.full;
        if self.settings.at == 0 || self.progress.operations < self.settings.at || !grows || self.has_space()
        {
            return Verdict::Do;
        }
        self.progress.full = true;
        if first { Verdict::Half } else { Verdict::Fail(libc::ENOSPC) }
    }

    fn has_space(&self) -> bool {
        let path = self.settings.space.for_kernel();
        // SAFETY: the path ends with a zero.
        unsafe { libc::syscall(libc::SYS_faccessat, libc::AT_FDCWD, path, libc::F_OK) == 0 }
    }

    /// Notes what was done.
    pub(crate) fn record(&self, record: &Record<'_>) {
        self.settings.journal.append(self.progress.operations, record);
    }
}

fn die() -> ! {
    loop {
        // SAFETY: plain numbers.
        unsafe { libc::syscall(libc::SYS_kill, libc::syscall(libc::SYS_getpid), libc::SIGKILL) };
    }
}

/// What a call of the C library answers when it failed.
pub(crate) fn failed(error: c_int) -> c_int {
    // SAFETY: the place of this thread's error number is always there.
    unsafe { *libc::__errno_location() = error };
    -1
}
