//! A directory keeps nothing of an introduction: S and the tokens, known to the nodes of this test, are not in the
//! memory, the files or the log of the running directory. A planted needle shows that the scan would find them.

use std::time::Duration;

use crate::caller::RUNTIME;
use crate::meeting::{Called, Met, Stranger};
use crate::program::until;
use crate::scan::Needles;
use crate::world::World;

const PLANTED: &str = "a needle that stays in the descriptor";
const CONFIGURATION: &str =
    "[limits]\nrequests_per_node = 100000\npolls_per_node = 100000\ncalls_per_prefix = 1000000\n";
const GRANTS: usize = 1_000;
/// Pairs that meet at the same time.
const PAIRS: usize = 4;

#[test]
fn a_directory_keeps_nothing_of_a_thousand_grants() {
    let world = World::new();
    let configuration = format!("{CONFIGURATION}[server]\nname = \"{PLANTED}\"\n");
    let directory = world.directory(&configuration);
    let met: Vec<Met> = RUNTIME.block_on(async {
        let called = Called::at(&directory.url).await;
        let mut all = Vec::new();
        let mut pairs = Vec::new();
        for n in 0..PAIRS {
            let pair = [Stranger::new(&format!("ana{n}")), Stranger::new(&format!("ben{n}"))];
            for person in &pair {
                person.register(&called).await;
            }
            pairs.push(pair);
        }
        while all.len() < GRANTS {
            let [a, b, c, d] = &pairs[..] else { unreachable!() };
            let four = tokio::join!(meet(&called, a), meet(&called, b), meet(&called, c), meet(&called, d));
            all.extend([four.0, four.1, four.2, four.3]);
        }
        all
    });
    let mut needles = Needles::default();
    for one in &met {
        needles.add(&one.secret);
        one.tokens.iter().for_each(|token| needles.add(token));
    }
    let (process, planted) = (directory.program.id(), Needles::of(PLANTED.as_bytes()));
    assert!(planted.in_memory(process) > 0, "the scan finds what is there");
    assert!(planted.in_files(&directory.folder) > 0, "in files too");
    // A wish that nobody answers is wiped after 30 s; a grant that was given out, at once. At 60 s all must be gone.
    let end = crate::program::now_ms() + 60_000;
    let mut left = needles.in_memory(process);
    until("nothing is left in memory", || {
        left = needles.in_memory(process);
        if left > 0 {
            std::thread::sleep(Duration::from_millis(500));
        }
        left == 0 || crate::program::now_ms() > end
    });
    assert_eq!(left, 0, "secrets or tokens are in the memory of the directory");
    assert_eq!(needles.in_files(&directory.folder), 0, "in its files");
    assert_eq!(needles.in_files(&directory.program.log), 0, "in its log");
    assert!(Needles::of(b"directory is open.").in_files(&directory.program.log) > 0, "the log was looked at");
}

async fn meet(directory: &Called, [one, other]: &[Stranger; 2]) -> Met {
    one.meets(directory, other).await
}
