// What loops over volumes share.
#pragma once

#include "correlation.hpp"

// The rows of all slices of a volume.
template <class Task>
Index lines_of(const Task& task) {
    return task.slices * task.rows;
}

inline void prefetch(const float* row, Index columns) {
    for (Index j = 0; j < columns; j += line) __builtin_prefetch(row + j);
}
