//! What a token allows. Must not know: tokens.

/// One thing that a token may allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Register, renew or remove the own node.
    Register,
    /// Find nodes and ask for their status.
    Read,
    /// Have envelopes forwarded.
    Route,
}

/// Every scope.
pub(crate) const SCOPES: [Scope; 3] = [Scope::Register, Scope::Read, Scope::Route];

impl Scope {
    /// The scope as it is written.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Read => "read",
            Self::Route => "route",
        }
    }
}

/// What is asked for, if it is within `allowed`; all that is allowed when nothing is asked for (RFC 6749 §3.3).
pub(super) fn granted(asked: Option<&str>, allowed: &[Scope]) -> Option<String> {
    let names = |scopes: &[Scope]| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>();
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return Some(names(allowed).join(" ")) };
    let allowed = names(allowed);
    asked.split(' ').all(|name| allowed.contains(&name)).then(|| asked.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_may_be_asked_for_but_not_more() {
        assert_eq!(granted(None, &SCOPES).as_deref(), Some("register read route"));
        assert_eq!(granted(Some("read"), &SCOPES).as_deref(), Some("read"));
        assert_eq!(granted(Some("read"), &[Scope::Register]), None);
        assert_eq!(granted(Some("read everything"), &SCOPES), None);
        assert_eq!(granted(Some(" read"), &SCOPES), None, "scopes are separated by one space");
    }
}
