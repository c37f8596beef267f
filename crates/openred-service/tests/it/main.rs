//! Tests of the plumbing through its public face.

mod database_contract;
mod database_file;
mod problem_edge;
