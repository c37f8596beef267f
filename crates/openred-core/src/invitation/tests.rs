//! Forms and bounds of invitations.

use super::*;
use crate::descriptor::Lane;
use crate::ids::DepositId;

fn lane() -> Lane {
    Lane {
        relay_url: "https://relay.example".into(),
        relay_id: NodeId([8; 32]),
        deposit_id: DepositId([9; 16]),
        cap: [10; 32],
    }
}

fn ana() -> Invitation {
    Invitation {
        node_id: NodeId([1; 32]),
        invite_id: Id16([2; 16]),
        secret: Zeroizing::new([3; 32]),
        not_after: 1_700_600_000,
        routes: vec![
            Route::Api("https://ana.example".into()),
            Route::Direct { endpoint: [4; 32], address: "192.0.2.1:4433".parse().unwrap() },
            Route::Relayed { endpoint: [4; 32], relay: "https://quic.example".into() },
            Route::Directory { url: "https://directory.example".into(), node_id: NodeId([5; 32]) },
            Route::Lane(lane()),
        ],
    }
}

#[test]
fn an_invitation_survives_both_kinds_of_link() {
    for host in [None, Some("ana.example:8443"), Some("[2001:db8::1]")] {
        let link = ana().to_link(host).unwrap();
        assert_eq!(Invitation::from_link(&format!(" {}\n", *link)), Ok(ana()));
    }
    assert!(ana().to_link(None).unwrap().starts_with("openred:i#AQEB"));
    assert!(ana().to_link(Some("ana.example")).unwrap().starts_with("https://ana.example/i#"));
    assert_eq!(ana().to_link(Some("ana.example/x?")), Err(LinkError::Form));
}

#[test]
fn other_links_are_refused() {
    let link = ana().to_link(None).unwrap();
    let fragment = link.split_once('#').unwrap().1;
    for start in
        ["openred:j#", "http://ana.example/i#", "https:///i#", "https://a@b/i#", "https://a/b/i#", ""]
    {
        assert_eq!(Invitation::from_link(&format!("{start}{fragment}")), Err(LinkError::Form), "{start}");
    }
    assert_eq!(Invitation::from_link(&format!("openred:i#{fragment}=")), Err(LinkError::Damaged));
    assert!(Invitation::from_link(&link[..link.len() - 4]).is_err());
}

#[test]
fn unknown_routes_are_skipped_and_cut_bytes_refused() {
    let bytes = ana().encode().unwrap();
    for len in 0..bytes.len() {
        assert_eq!(Invitation::parse(&bytes[..len]), Err(InvitationError::Malformed), "{len}");
    }
    let mut more = bytes.to_vec();
    more.extend_from_slice(&[77, 0, 2, 1, 2]);
    assert_eq!(Invitation::parse(&more), Err(InvitationError::Malformed), "not counted");
    more[HEAD - 1] += 1;
    assert_eq!(Invitation::parse(&more), Ok(ana()));
    more[0] = 2;
    assert_eq!(Invitation::parse(&more), Err(InvitationError::Format));
}

#[test]
fn routes_are_bounded_and_well_formed() {
    let with = |routes| Invitation { routes, ..ana() }.encode().map(drop);
    let api = |len: usize| Route::Api("x".repeat(len));
    assert_eq!(with(vec![api(9); 8]), Ok(()));
    assert_eq!(with(vec![api(9); 9]), Err(InvitationError::TooLong));
    assert_eq!(with(vec![api(255); 5]), Err(InvitationError::TooLong));
    assert_eq!(with(vec![api(256)]), Err(InvitationError::Route));
    assert_eq!(with(vec![api(0)]), Err(InvitationError::Route));

    let parse = |kind: u8, body: &[u8]| {
        let mut bytes = Invitation { routes: vec![], ..ana() }.encode().unwrap().to_vec();
        bytes[HEAD - 1] = 1;
        bytes.extend_from_slice(&[kind, 0, body.len() as u8]);
        bytes.extend_from_slice(body);
        Invitation::parse(&bytes).map(|invitation| invitation.routes.len())
    };
    assert_eq!(parse(1, b"https://ana.example"), Ok(1));
    for (kind, body) in
        [(1, &b"\xff"[..]), (2, &[4; 31]), (2, b""), (3, &[4; 32]), (4, b"https://x#12"), (5, &[0x94])]
    {
        assert_eq!(parse(kind, body), Err(InvitationError::Route), "{kind}");
    }
    assert_eq!(parse(6, b"anything"), Ok(0));
}

#[test]
fn it_is_good_for_seven_days_at_most() {
    let good = |now| ana().check_time(now);
    assert_eq!(good(1_700_600_000 - MAX_LIFE_S), Ok(()));
    assert_eq!(good(1_700_600_000 - MAX_LIFE_S - 1), Err(InvitationError::TooFarAhead));
    assert_eq!(good(1_700_600_000), Err(InvitationError::Expired));
    assert_eq!(format!("{:?}", ana()), "Invitation(NodeId(01010101), Id16(AgICAgIC), …)", "no secret");
}
