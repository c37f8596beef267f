//! The story: ana, ben and chloé find each other, become friends and speak. Every step ends when somebody
//! *else's* node shows it through its public API; what an own node says of itself proves nothing.

use serde_json::{Value, json};

use super::account::Account;
use super::cast::{Cast, PASSPHRASE};
use super::person::{Person, text};
use crate::Result;
use crate::stopwatch::Stopwatch;

/// Tells all of it; a fault ends it and stands in the account.
pub(crate) fn tell(cast: &mut Cast, aloud: bool) -> Account {
    let mut account = Account::new(aloud);
    // The fault is the last step's and already written down.
    drop(chapters(cast, &mut account));
    account
}

fn chapters(cast: &mut Cast, account: &mut Account) -> Result<()> {
    arrive(cast, account)?;
    meet(cast, account)?;
    let post = talk(cast, account)?;
    invite(cast, account)?;
    introduce(cast, account)?;
    change_of_mind(cast, account, &post)?;
    keep_private(cast, account)?;
    away(cast, account)?;
    without_directory(cast, account)?;
    part(cast, account)?;
    measure(cast, account)
}

fn arrive(cast: &mut Cast, account: &mut Account) -> Result<()> {
    let directory = cast.directory.pinned_url()?;
    for person in [&mut cast.ana, &mut cast.ben, &mut cast.chloe] {
        let name = person.display_name.clone();
        account
            .step(&format!("{name} sets up a node: a name, a passphrase"), || person.set_up(PASSPHRASE))?;
    }
    let choice =
        json!({"directories": [directory], "discoverable": {"name": true, "text": true, "recent": true}});
    for person in cast.people() {
        let what = format!("{} is found in the directory", person.display_name);
        account.step(&what, || {
            person.send("PATCH", "/settings", &choice)?;
            let path = format!("/api/v3/nodes/discover?id={}", person.node_id);
            person.until("an entry in the directory", || {
                let found = cast.directory.get(&path)?;
                Ok(found.pointer("/nodes/0/node_id").map(drop))
            })
        })?;
    }
    Ok(())
}

fn meet(cast: &Cast, account: &mut Account) -> Result<()> {
    let Cast { ana, ben, .. } = cast;
    account.step("Ana searches for Ben and finds him", || {
        let found =
            ana.until("Ben in the search", || ana.item("/people/search?q=ben", "/node_id", &ben.node_id))?;
        text(&found, "/display_name").map(drop)
    })?;
    account.step("Ana asks to be friends; Ben sees the request and its note", || {
        ask(ana, ben, "Hi Ben, it is me, Ana")?;
        let seen = ben.until("a request", || ben.item("/people?list=requests", "/node_id", &ana.node_id))?;
        let note = text(&seen, "/note")?;
        if note == "Hi Ben, it is me, Ana" { Ok(()) } else { Err(format!("the note reads {note:?}").into()) }
    })?;
    account.step("Ben accepts; Ana sees him among her friends", || {
        ben.send("POST", &format!("/people/{}/accept", ana.node_id), &json!({}))?;
        befriended(ana, ben)
    })?;
    account.step("both read the same safety number", || {
        let number = |of: &Person, with: &Person| -> Result<Value> {
            let person = of.get(&format!("/people/{}", with.node_id))?;
            Ok(person.pointer("/safety_number/digits").cloned().ok_or("no safety number")?)
        };
        let (one, other) = (number(ana, ben)?, number(ben, ana)?);
        if one == other { Ok(()) } else { Err(format!("{one} is not {other}").into()) }
    })
}

fn talk(cast: &Cast, account: &mut Account) -> Result<String> {
    let Cast { ana, ben, .. } = cast;
    let post = account.step("Ana posts for her friends; Ben reads it", || {
        let id = post(ana, "The lamp is lit. Come by when you can.", "friends")?;
        reads(ben, &id)?;
        Ok(id)
    })?;
    account.step("Ana's status shows the session with Ben, and that QUIC carries it", || {
        ana.until("a session over QUIC", || {
            let by = ana.get("/status")?["sessions_by"].clone();
            Ok(by["quic"].as_u64().filter(|count| *count > 0).map(drop))
        })
    })?;
    account.step("Ben comments; Ana reads the comment", || {
        let body = json!({"text": "On my way."});
        let comment = text(&ben.send("POST", &format!("/posts/{post}/comments"), &body)?, "/id")?;
        has_comment(ana, &post, &comment)
    })?;
    account.step("Ben reacts; Ana sees it", || {
        ben.send("PUT", &format!("/reactions/{post}"), &json!({"reaction": "❤"}))?;
        ana.until("a reaction", || {
            Ok(ana.get(&format!("/posts/{post}"))?.pointer("/reactions/0/count").map(drop))
        })
    })?;
    Ok(post)
}

fn invite(cast: &Cast, account: &mut Account) -> Result<()> {
    let Cast { ana, chloe, .. } = cast;
    account.step("Ana makes an invitation link; Chloé opens it and both are friends", || {
        let made = ana.send("POST", "/invitations", &json!({"auto_accept": true}))?;
        chloe.send("POST", "/invitations/redeem", &json!({"link": text(&made, "/link")?}))?;
        befriended(ana, chloe)?;
        befriended(chloe, ana)
    })
}

fn introduce(cast: &Cast, account: &mut Account) -> Result<()> {
    let Cast { ana, ben, chloe, .. } = cast;
    account.step("Ana introduces Ben to Chloé; Ben is told", || {
        let body = json!({"to": chloe.node_id, "note": "You both like lamps"});
        ana.send("POST", &format!("/people/{}/introduce", ben.node_id), &body)?;
        ben.until("an introduction", || ben.item("/notifications", "/kind", "introduction")).map(drop)
    })?;
    account.step("Ben asks Chloé, she accepts; both are friends", || {
        ask(ben, chloe, "Ana says we both like lamps")?;
        chloe.until("a request", || chloe.item("/people?list=requests", "/node_id", &ben.node_id))?;
        chloe.send("POST", &format!("/people/{}/accept", ben.node_id), &json!({}))?;
        befriended(ben, chloe)
    })?;
    account.step("Chloé posts for all; Ana and Ben read it, and Ben sees Ana's comment", || {
        let id = post(chloe, "Bonjour à tous les deux !", "public")?;
        reads(ana, &id)?;
        reads(ben, &id)?;
        let body = json!({"text": "Bienvenue !"});
        let comment = text(&ana.send("POST", &format!("/posts/{id}/comments"), &body)?, "/id")?;
        has_comment(chloe, &id, &comment)?;
        has_comment(ben, &id, &comment)
    })
}

fn change_of_mind(cast: &Cast, account: &mut Account, id: &str) -> Result<()> {
    let Cast { ana, ben, .. } = cast;
    account.step("Ana edits her post; Ben sees the new text and that it was edited", || {
        ana.send("PATCH", &format!("/posts/{id}"), &json!({"text": "The lamp is lit, and there is tea."}))?;
        ben.until("the edited post", || {
            let post = ben.get(&format!("/posts/{id}"))?;
            let edited = post["edited_at"].is_u64() && post["text"] == "The lamp is lit, and there is tea.";
            Ok(edited.then_some(()))
        })
    })?;
    account.step("Ana deletes a post; it disappears from Ben's feed", || {
        let gone = post(ana, "I should not have said this.", "friends")?;
        reads(ben, &gone)?;
        ana.send("DELETE", &format!("/posts/{gone}"), &json!({}))?;
        ben.until("its absence", || {
            let held = ben.item("/feed", "/id", &gone)?;
            Ok(held.is_none_or(|p| p["deleted"] == true && p["text"] == "").then_some(()))
        })
    })
}

fn keep_private(cast: &Cast, account: &mut Account) -> Result<()> {
    let Cast { ana, ben, .. } = cast;
    account.step("what Ana keeps private reaches nobody, though what she says later does", || {
        let secret = post(ana, "A note to myself.", "private")?;
        let later = post(ana, "Good night.", "friends")?;
        reads(ben, &later)?;
        if ben.item("/feed", "/id", &secret)?.is_some() || ben.get(&format!("/posts/{secret}")).is_ok() {
            return Err("Ben holds a private post of Ana's".into());
        }
        Ok(())
    })
}

fn away(cast: &mut Cast, account: &mut Account) -> Result<()> {
    let Cast { ana, ben, .. } = cast;
    account.step("Ben's node is off while Ana posts; back again it has what it missed", || {
        ben.stop();
        let missed = post(ana, "Ben, the tea is getting cold.", "friends")?;
        ben.start()?;
        ben.log_in(PASSPHRASE)?;
        reads(ben, &missed)
    })
}

fn without_directory(cast: &mut Cast, account: &mut Account) -> Result<()> {
    let Cast { ana, ben, chloe, directory } = cast;
    account.step("the directory is off; friends go on talking", || {
        directory.stop();
        let id = post(chloe, "Nobody between us.", "friends")?;
        reads(ana, &id)?;
        reads(ben, &id)?;
        directory.start()
    })
}

fn part(cast: &Cast, account: &mut Account) -> Result<()> {
    let Cast { ana, ben, chloe, .. } = cast;
    account.step("Ana removes Chloé; what Ana says next reaches Ben and not Chloé", || {
        ana.send("POST", &format!("/people/{}/remove", chloe.node_id), &json!({}))?;
        let id = post(ana, "Among old friends.", "friends")?;
        reads(ben, &id)?;
        // Something later that Chloé does get, so that its absence is not just slowness.
        let after = post(ben, "Chloé, are you there?", "friends")?;
        reads(chloe, &after)?;
        if chloe.item("/feed", "/id", &id)?.is_some() {
            return Err("a removed friend got something newer".into());
        }
        Ok(())
    })
}

/// From the call that posts to the first look that shows it at a friend's, twenty times.
fn measure(cast: &Cast, account: &mut Account) -> Result<()> {
    let Cast { ana, ben, .. } = cast;
    let mut times = Vec::new();
    account.step("twenty more posts, one after another, each seen by Ben", || {
        for number in 1..=20 {
            let watch = Stopwatch::start();
            let id = post(ana, &format!("Number {number}"), "friends")?;
            reads(ben, &id)?;
            times.push(watch.elapsed());
        }
        Ok(())
    })?;
    if let Some(bytes) = ana.resident_bytes() {
        account.figure("node_and_keeper_resident_mb", bytes as f64 / 1e6);
    }
    account.quantiles(["post_to_seen_p50_ms", "post_to_seen_p99_ms"], &mut times);
    Ok(())
}

fn ask(from: &Person, to: &Person, note: &str) -> Result<()> {
    let body = json!({"relationship": "friend", "note": note});
    from.send("POST", &format!("/people/{}/request", to.node_id), &body).map(drop)
}

fn befriended(of: &Person, with: &Person) -> Result<()> {
    let what = format!("{} among the friends", with.display_name);
    of.until(&what, || of.item("/people?list=friends", "/node_id", &with.node_id)).map(drop)
}

fn post(by: &Person, words: &str, visibility: &str) -> Result<String> {
    text(&by.send("POST", "/posts", &json!({"text": words, "visibility": visibility}))?, "/id")
}

fn reads(who: &Person, id: &str) -> Result<()> {
    who.until("a post", || who.item("/feed", "/id", id)).map(drop)
}

fn has_comment(who: &Person, post: &str, comment: &str) -> Result<()> {
    who.until("a comment", || {
        let thread = who.get(&format!("/posts/{post}/thread"))?;
        let comments = thread["comments"].as_array().cloned().unwrap_or_default();
        Ok(comments.iter().any(|c| c["id"] == comment).then_some(()))
    })
}
