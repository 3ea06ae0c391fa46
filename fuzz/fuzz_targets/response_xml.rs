#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    if data.get(2) != Some(&b'<') {
        return Corpus::Reject;
    }
    aliyun_ecs_fuzz::response(data);
    Corpus::Keep
});
