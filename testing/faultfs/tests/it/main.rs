//! Stores of the product in real processes whose disk fails, at every place where it can.
#![cfg(test)]

mod disk;
mod driver;
mod journal;
mod kills;
mod mail;
mod places;
mod rows;
mod seen;
mod trial;
