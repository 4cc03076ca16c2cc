"""What agents are told on their phone's screen, in Korean: they are the centre's own staff. Texts only."""

from __future__ import annotations

from acd.core.commands import Notice

# Who a message is from: answered or called back, it makes the agent available.
WAY_BACK = "*11"

TEXTS = {
    Notice.NOT_RESPONDING: f"전화를 받지 않아 수신대기가 해제되었습니다. 다시 받으시려면 {WAY_BACK}을 누르십시오.",
    Notice.REGISTERED_ELSEWHERE: (
        "같은 내선이 다른 전화기에서 등록되어 이 전화기로는 전화가 오지 않습니다. 전화기는 한 대만 등록하십시오."
    ),
}
