//! Builds, serves, tests, measures and packs Xunji.
fn main() {}
