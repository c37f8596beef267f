//! A disk that fails, put under a real process with `LD_PRELOAD`.
//!
//! Every call of the C library that changes files below one folder passes here. It is carried out, counted, and written to
//! a journal, from which the harness works out what a power cut at this moment would leave. The n-th operation meets a
//! fault: the process dies, or the call fails. What is set by which variable stands in `settings.rs`; the form of the
//! journal in `journal.rs`.
//!
//! Nothing here allocates, and no function of the C library is called that is intercepted: what is done is done by system
//! calls. One lock is held during an operation, so that the journal has the order in which things happened.
//!
//! Must not know: what the files are for. What it cannot see are system calls that a program makes itself, io_uring, and
//! writes through memory maps; the first two the harness notices, since files then differ from the journal, the third ends
//! the process here.
#![expect(unsafe_code, reason = "it stands where the C library is called, and speaks to the kernel")]

mod calls;
mod data;
mod fault;
mod journal;
mod names;
mod path;
mod settings;
