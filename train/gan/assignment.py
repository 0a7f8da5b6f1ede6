"""The assignment problem, exactly: who goes where at the smallest total cost, and the prices that prove it."""

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float64]


def assign(costs: Costs) -> NDArray[np.intp]:
    """The column of each row, each column once, with the smallest sum of costs.

    Shortest augmenting paths over reduced costs (Jonker and Volgenant 1987; in the form of Crouse 2016), O(n^3).
    Shape: (n, n), finite -> (n,).
    """
    count = len(costs)
    row_prices, column_prices = np.zeros(count), costs.min(axis=0)
    row_of, column_of = np.full(count, -1), np.full(count, -1)
    for column, row in enumerate(costs.argmin(axis=0)):
        if column_of[row] < 0:
            row_of[column], column_of[row] = row, column
    for row in np.flatnonzero(column_of < 0):
        _augment(costs, int(row), (row_prices, column_prices), (row_of, column_of))
    return column_of


def _augment(
    costs: Costs, start: int, prices: tuple[Costs, Costs], matched: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> None:
    """Match one more row along the cheapest path to a free column; prices and matches change in place."""
    (row_prices, column_prices), (row_of, column_of) = prices, matched
    length = costs[start] - row_prices[start] - column_prices
    before = np.full(len(costs), start)
    is_done = np.zeros(len(costs), bool)
    while True:
        column = int(np.where(is_done, np.inf, length).argmin())
        shortest = length[column]
        row = row_of[column]
        if row < 0:
            break
        is_done[column] = True
        further = shortest + costs[row] - row_prices[row] - column_prices
        is_shorter = ~is_done & (further < length)
        length[is_shorter], before[is_shorter] = further[is_shorter], row
    row_prices[start] += shortest
    row_prices[row_of[is_done]] += shortest - length[is_done]
    column_prices[is_done] -= shortest - length[is_done]
    row = -1
    while row != start:
        row = int(before[column])
        row_of[column] = row
        column, column_of[row] = int(column_of[row]), column


def central_prices(costs: Costs, column_of: NDArray[np.intp]) -> tuple[Costs, Costs]:
    """Prices p of rows and q of columns with q[c] - p[r] <= costs[r, c], equal where r is matched with c.

    Many are; these lie in the middle of them, do not depend on the order of rows and columns, and change sign and
    sides when both are exchanged. `column_of` must be optimal. With matched columns called like their rows, p must
    keep p[b] - p[a] <= costs[a, b] - costs[b, b], so also below the shortest path from a to b over such steps; the
    paths from one a to all b are one solution, those from all a to one b, negated, another, and p is the mean of all.
    Moved so that the sum of all prices is 0. Shape: (n, n), (n,) -> (n,), (n,).
    """
    sorted_costs = costs[:, column_of]
    own = sorted_costs.diagonal()
    paths = sorted_costs - own
    for middle in range(len(costs)):
        np.minimum(paths, paths[:, middle, None] + paths[middle], out=paths)
    rows = (paths.mean(axis=0) - paths.mean(axis=1)) / 2
    columns = np.empty_like(rows)
    columns[column_of] = rows + own
    shift = (rows.mean() + columns.mean()) / 2
    return rows - shift, columns - shift
