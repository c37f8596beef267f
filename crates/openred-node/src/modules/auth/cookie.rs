//! The log-in cookie. Several nodes of one machine share `localhost`, since cookies know no ports: the value holds
//! one token per node, each node finds its own among them and leaves the others alone.

use http::{HeaderMap, HeaderValue, header};

use super::{DEVICE_MS, caller::Caller};

/// Over http on this machine.
pub const NAME: &str = "or";
/// Over https.
pub const NAME_SECURE: &str = "__Host-or";
/// Tokens in one cookie.
const TOKENS_MAX: usize = 8;

/// The tokens that a browser sent; the newest first.
pub fn tokens(headers: &HeaderMap, caller: &Caller) -> Vec<String> {
    let wanted = name(caller);
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let value = pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value).next().unwrap_or_default();
    value.split('.').filter(|token| !token.is_empty()).take(TOKENS_MAX).map(str::to_owned).collect()
}

/// `Set-Cookie` with `token` before the tokens of other nodes.
pub fn give(token: &str, others: &[String], caller: &Caller) -> HeaderValue {
    let rest = others.iter().map(String::as_str).filter(|other| *other != token);
    let value = std::iter::once(token).chain(rest).take(TOKENS_MAX).collect::<Vec<_>>().join(".");
    set(&value, DEVICE_MS / 1_000, caller)
}

/// `Set-Cookie` without the token of this node.
pub fn take_back(left: &[String], caller: &Caller) -> HeaderValue {
    let seconds = if left.is_empty() { 0 } else { DEVICE_MS / 1_000 };
    set(&left.join("."), seconds, caller)
}

fn set(value: &str, seconds: u64, caller: &Caller) -> HeaderValue {
    let secure = if caller.secure { "; Secure" } else { "" };
    let text =
        format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}", name(caller));
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("or=; Path=/; Max-Age=0"))
}

fn name(caller: &Caller) -> &'static str {
    if caller.secure { NAME_SECURE } else { NAME }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(secure: bool) -> Caller {
        Caller { address: None, host: "localhost".to_owned(), local: !secure, secure, device: String::new() }
    }

    #[test]
    fn two_nodes_on_one_machine_do_not_log_each_other_out() {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", HeaderValue::from_static("lang=fr; or=ana"));
        let sent = tokens(&headers, &caller(false));
        assert_eq!(sent, ["ana"]);
        let set = give("ben", &sent, &caller(false));
        assert_eq!(set, "or=ben.ana; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict");
        assert_eq!(take_back(&[], &caller(false)), "or=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    }

    #[test]
    fn over_https_the_cookie_is_bound_to_the_host() {
        let set = give("ana", &[], &caller(true));
        assert_eq!(set, "__Host-or=ana; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict; Secure");
        let mut headers = HeaderMap::new();
        headers.insert("cookie", HeaderValue::from_static("or=ana"));
        assert!(tokens(&headers, &caller(true)).is_empty(), "a cookie from open http is not believed");
    }
}
