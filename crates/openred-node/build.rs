//! Builds again when the app was built again: its files are part of the binary.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
