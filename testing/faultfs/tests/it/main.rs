//! Stores of the product in real processes whose disk fails, at every place where it can.
#![cfg(test)]

mod disk;
mod driver;
mod journal;
#[path = "../../src/bin/faultfs-driver/letters.rs"]
mod letters;
mod mail;
mod measure;
mod rows;
mod seen;
mod trial;
