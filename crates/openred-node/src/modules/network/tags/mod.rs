//! Hashtags: which a text has, and which the owner follows. Must not know where posts come from.

pub mod http;
pub mod store;

use openred_core::overlay::{TOPIC_MAX, TOPICS_MAX};

use crate::error::NodeError;

/// Hashtags that the owner may follow.
pub const FOLLOWED_MAX: usize = 256;

/// The hashtags of a text: lower case, without `#`, each once, in their order, at most eight.
pub fn of(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == '#' && !is_part(before) {
            let word: String = text[at + 1..].chars().take_while(|c| is_part(*c)).collect();
            if let Some(tag) = normal(&word)
                && !found.contains(&tag)
            {
                found.push(tag);
            }
        }
        before = c;
    }
    found.truncate(TOPICS_MAX);
    found
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Lower case; none for what is no hashtag: a number, something empty or longer than 64 bytes.
fn normal(word: &str) -> Option<String> {
    let tag = word.to_lowercase();
    let is_tag = !tag.is_empty()
        && tag.len() <= TOPIC_MAX
        && tag.chars().all(is_part)
        && tag.chars().any(|c| !c.is_numeric());
    is_tag.then_some(tag)
}

/// A hashtag as the owner writes it, with or without `#`.
///
/// # Errors
/// `Invalid` with what a hashtag is.
pub fn read(said: &str) -> Result<String, NodeError> {
    let word = said.strip_prefix('#').unwrap_or(said);
    normal(word).ok_or_else(|| {
        NodeError::invalid("tag", "letters, digits and _ in one word, not only digits, at most 64 bytes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashtags_are_words_of_their_own() {
        assert_eq!(of("Fresh #Bread and #pain_au_levain, #Größe!"), ["bread", "pain_au_levain", "größe"]);
        assert_eq!(of("#bread #BREAD"), ["bread"]);
        assert!(of("a#b no. #1 # https://example.org/#42").is_empty());
        assert_eq!(of("#a#b"), ["a"], "one word");
        let many: String = (0..20).map(|n| format!("#t{n} ")).collect();
        assert_eq!(of(&many).len(), TOPICS_MAX);
        assert!(of(&format!("#{}", "x".repeat(65))).is_empty());
    }

    #[test]
    fn an_owner_may_write_it_either_way() {
        assert_eq!(read("#Bread").unwrap(), "bread");
        assert_eq!(read("bread").unwrap(), "bread");
        assert!(read("two words").is_err() && read("").is_err() && read("12").is_err());
    }
}
