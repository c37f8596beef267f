//! The shipped binary as people start it: real processes, real HTTP, real signals.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod away;
mod caller;
mod capture;
mod chats;
mod circles;
mod configuration;
mod delivery;
mod directories;
mod disk;
mod elsewhere;
mod files;
mod forms;
mod full;
mod keeper;
mod keys_not_in_node;
mod machines;
mod marker;
mod meeting;
mod mirror;
mod neighbours;
mod nemesis;
mod program;
mod relay;
mod restart;
mod restored;
mod scan;
mod service;
mod start;
mod stolen;
mod story;
mod strangers;
mod trial;
mod verbs;
mod wipe;
mod world;
