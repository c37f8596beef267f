//! Texts as search sees them: letters without case and accents, words, the pieces of words by which a message is found.
//! Knows no rows and no keys.

use std::{collections::BTreeSet, ops::Range};

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Letters of a word by which it is found before it is written out: from this many,
const BEGINNING_MIN: usize = 3;
/// to this many. What is longer is found by so many, and compared then.
const BEGINNING_MAX: usize = 6;
/// Pieces of one text that are found; what comes after them in a very long text is not.
const PIECES_MAX: usize = 4_000;

/// A text taken apart.
#[derive(Debug)]
pub(super) struct Text {
    letters: Vec<char>,
    /// Where each letter stands in the text, bytes; one more for its end.
    at: Vec<usize>,
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    letters: Range<usize>,
    /// Of a script that has no spaces between words: found by any piece.
    dense: bool,
}

impl Text {
    pub(super) fn of(text: &str) -> Self {
        let (mut letters, mut at) = (Vec::new(), Vec::new());
        for (place, c) in text.char_indices() {
            for letter in std::iter::once(c).nfkd().flat_map(char::to_lowercase).filter(|c| !is_accent(*c)) {
                // The one letter of European scripts with two lower forms.
                letters.push(if letter == 'ς' { 'σ' } else { letter });
                at.push(place);
            }
        }
        at.push(text.len());
        let words = words(&letters);
        Self { letters, at, words }
    }

    fn word(&self, word: &Word) -> &[char] {
        &self.letters[word.letters.clone()]
    }

    /// All by which this text is found.
    pub(super) fn pieces(&self) -> Vec<String> {
        let (mut seen, mut pieces) = (BTreeSet::new(), Vec::new());
        for word in &self.words {
            let letters = self.word(word);
            for piece in if word.dense { pairs(letters, true) } else { beginnings(letters) } {
                if pieces.len() < PIECES_MAX && seen.insert(piece.clone()) {
                    pieces.push(piece);
                }
            }
        }
        pieces
    }

    /// What a text must have that says all of this one.
    pub(super) fn asked(&self) -> Vec<String> {
        let mut asked = Vec::new();
        for word in &self.words {
            let letters = self.word(word);
            let all = if word.dense { pairs(letters, false) } else { vec![longest(letters)] };
            asked.extend(all);
        }
        asked.sort();
        asked.dedup();
        asked
    }

    /// Where this text says the words of `query`, bytes, in their order; none unless it says all of them.
    pub(super) fn hits(&self, query: &Self) -> Option<Vec<Range<usize>>> {
        let mut hits = Vec::new();
        for asked in &query.words {
            let before = hits.len();
            for word in self.words.iter().filter(|word| word.dense == asked.dense) {
                hits.extend(self.hits_in(word, query.word(asked), asked.dense));
            }
            if hits.len() == before {
                return None;
            }
        }
        hits.sort_by_key(|hit| (hit.start, hit.end));
        (!query.words.is_empty()).then_some(hits)
    }

    fn hits_in(&self, word: &Word, asked: &[char], dense: bool) -> Vec<Range<usize>> {
        let (letters, from) = (self.word(word), word.letters.start);
        let bytes = |at: usize| self.at[from + at]..self.end_of(from + at + asked.len() - 1);
        if dense {
            let places = letters.windows(asked.len()).enumerate();
            return places.filter(|(_, piece)| *piece == asked).map(|(at, _)| bytes(at)).collect();
        }
        let says = letters == asked || (asked.len() >= BEGINNING_MIN && letters.starts_with(asked));
        says.then(|| bytes(0)).into_iter().collect()
    }

    /// Where the character ends that this letter is of.
    fn end_of(&self, letter: usize) -> usize {
        let from = self.at[letter];
        self.at[letter..].iter().copied().find(|at| *at > from).unwrap_or(from)
    }
}

fn words(letters: &[char]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for (at, &letter) in letters.iter().enumerate() {
        if !is_letter(letter) {
            continue;
        }
        let dense = is_dense(letter);
        match words.last_mut() {
            // Marks are of the letter before them.
            Some(word) if word.letters.end == at && (word.dense == dense || is_combining_mark(letter)) => {
                word.letters.end = at + 1;
            }
            _ => words.push(Word { letters: at..at + 1, dense }),
        }
    }
    words
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// The accents of European scripts. Marks of others are letters to who reads them.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Chinese, Japanese, Thai, Lao, Burmese, Khmer.
fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

fn beginnings(word: &[char]) -> Vec<String> {
    if word.len() < BEGINNING_MIN {
        return vec![word.iter().collect()];
    }
    (BEGINNING_MIN..=word.len().min(BEGINNING_MAX)).map(|length| word[..length].iter().collect()).collect()
}

fn longest(word: &[char]) -> String {
    word[..word.len().min(BEGINNING_MAX)].iter().collect()
}

fn pairs(word: &[char], single_too: bool) -> Vec<String> {
    let pairs = word.windows(2).map(|pair| pair.iter().collect());
    let single = word.iter().filter(|_| single_too || word.len() == 1).map(char::to_string);
    pairs.chain(single).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(text: &'t str, query: &str) -> Option<Vec<&'t str>> {
        let hits = Text::of(text).hits(&Text::of(query))?;
        Some(hits.into_iter().map(|hit| &text[hit]).collect())
    }

    #[test]
    fn words_are_found_by_their_beginning_without_case_and_accents() {
        let text = "Le Pain d\u{2019}Épeautre est prêt: 25 \u{20ac}. Σίσυφος, Straße, İzmir";
        assert_eq!(found(text, "EPEAU"), Some(vec!["Épeau"]));
        assert_eq!(found(text, "pret 25"), Some(vec!["prêt", "25"]));
        assert_eq!(found(text, "σισυφοσ izmir"), Some(vec!["Σίσυφος", "İzmir"]));
        assert_eq!(found(text, "pe"), None, "two letters are a word of two letters");
        assert_eq!(found(text, "pain froment"), None, "all of them");
        assert_eq!(found("e\u{301}te\u{301}", "été"), Some(vec!["e\u{301}te\u{301}"]));
        assert_eq!(found(text, " .,! "), None);
    }

    #[test]
    fn scripts_without_spaces_are_found_by_any_piece() {
        let text = "明天早上在面包店见 at 8";
        assert_eq!(found(text, "面包店"), Some(vec!["面包店"]));
        assert_eq!(found(text, "店"), Some(vec!["店"]));
        assert_eq!(found(text, "包面"), None);
        assert_eq!(found("ﾊﾟﾝ屋", "パン"), Some(vec!["ﾊﾟﾝ"]), "half-width letters are the same letters");
    }

    #[test]
    fn what_is_asked_for_is_among_what_is_found() {
        for (text, query) in [
            ("The information desk", "informationd"),
            ("of 面包 and Brötchen", "brot of 面包"),
            ("परिवार की रोटी", "रोटी"),
            ("빵집에서 만나요", "빵집"),
        ] {
            let (pieces, query) = (Text::of(text).pieces(), Text::of(query));
            assert!(query.asked().iter().all(|asked| pieces.contains(asked)), "{text}");
        }
        assert!(
            found("The information desk", "informationd").is_none(),
            "found by its beginning, and compared"
        );
        let long: String = (0..9_000).map(|n| format!("{n} ")).collect();
        assert_eq!(Text::of(&long).pieces().len(), PIECES_MAX);
    }
}
