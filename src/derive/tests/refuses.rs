//! What does not compile, and what is said then: one program for each theme in `refuses/`, beside the message that is kept.
//!
//! After a change of a message: `TRYBUILD=overwrite cargo test -p infra-derive`, and read the difference.

#[test]
fn what_is_wrong_does_not_compile_and_says_why() {
    trybuild::TestCases::new().compile_fail("tests/refuses/*.rs");
}
