// What loops over volumes share.
#pragma once

#include "correlation.hpp"

// The rows of all slices of a volume.
template <class Task>
Index lines_of(const Task& task) {
    return task.slices * task.rows;
}
