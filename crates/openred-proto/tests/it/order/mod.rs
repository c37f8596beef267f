//! A model of groups: every member runs the production machine over a toy MLS, in virtual time. One seed, one run.

mod behind;
mod checks;
mod dice;
mod disk;
mod driver;
mod net;
mod planted;
mod runs;
mod toy;
mod twins;
mod world;
