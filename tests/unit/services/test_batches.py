from collections.abc import Iterator

from backend.services.batches import in_batches


def test_that_items_come_in_order_and_in_pieces() -> None:
    assert list(in_batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(in_batches([], 2)) == []


def test_that_no_more_than_one_batch_is_read_ahead() -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    next(in_batches(source(), 3))
    assert taken == [0, 1, 2]
