//! Private conversations as their members live them: every person has rows of their own, and messages are bytes.

#![cfg(test)]

mod branches;
mod crash;
mod fuzz;
mod leaves;
mod limits;
mod parts;
mod secrecy;
mod talking;
mod town;
