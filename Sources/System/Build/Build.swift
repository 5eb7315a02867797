/// The commit that the program was built from, "+" behind it if anything was changed since; "unknown" outside of a checkout.
/// Of a target of its own, so that a commit compiles one small file anew.
package let commit = writtenCommit
