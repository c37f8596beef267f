//! Notifications in English, made when they are read: for the command line. The app has words of its own.

use super::{Params, What};

/// A whole sentence about something that `who` did.
pub(super) fn english(what: What, who: &str, params: &Params) -> String {
    let said = match what {
        What::FriendRequest => format!("{who} wants to be your friend"),
        What::FriendAccepted => format!("{who} is now your friend"),
        What::Comment => format!("{who} commented on your post"),
        What::Reaction => format!("{who} reacted to what you said"),
        What::Introduction => {
            format!("{} introduces {who} to you", params.by.as_deref().unwrap_or("A friend"))
        }
        What::AccessRequest => format!("{who} asks to read a post of yours"),
        What::InvitationUsed => format!("{who} used your invitation"),
        What::InvitationTried => {
            "Somebody else tried an invitation of yours after it was used".to_owned()
        }
        What::IdentityChanged => format!("{who} replaced their key: compare safety numbers"),
        What::IdentityFork => format!(
            "{who} shows a second history of keys that differs from entry {} on; this node keeps the one it saw first",
            params.seq.unwrap_or_default()
        ),
        What::IdentityElsewhere => {
            "Your identity is in use on another node; this one has stopped sending until you say which you use"
                .to_owned()
        }
        What::MetAgain => format!("{who} came back without the secret you shared: compare safety numbers"),
        What::DeliveryFailed => format!("Something could not be delivered to {who}"),
        What::Challenge => format!("{who} asks you to confirm something"),
        What::Message => match (&params.file, params.count) {
            (Some(file), _) => format!("{who} sent you {file}"),
            (None, Some(count @ 2..)) => format!("{who} wrote to you ({count} new)"),
            (None, _) => format!("{who} wrote to you"),
        },
        What::Mention => format!("{who} named you"),
        What::FileOffer => format!("{who} offers you a file"),
        What::GroupAsking => format!("{who} asks to come into your group"),
    };
    if params.words.is_empty() { format!("{said}.") } else { format!("{said}: {}", params.words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_a_sentence_with_the_words_at_its_end() {
        for what in What::ALL {
            assert!(english(what, "Ana", &Params::default()).ends_with('.'), "{what:?}");
        }
        let params = Params { by: Some("Ben".to_owned()), ..Params::words("you both bake") };
        assert_eq!(english(What::Introduction, "Ana", &params), "Ben introduces Ana to you: you both bake");
    }
}
