// How a kernel that works on rows is bound: by a list of its arguments, each of which says to which
// member of the task it goes. Sizes and overlaps are checked here, alike for all kernels.
#pragma once

#include <type_traits>
#include <vector>

#include "bindings.hpp"
#include "mirrored.hpp"
#include "volume.hpp"

namespace pdefilter {

// The size of an axis: a number, or any, or one of the task's, where the first array that has it
// says it. Halves are rounded up; framed axes have a border, one wide on both sides.
enum Size : Index {
    any = -1,
    counted = -2,
    channels = -3,
    rows = -4,
    columns = -5,
    half_rows = -6,
    half_columns = -7,
    coarse_channels = -8,
    slices = -9,
    half_slices = -10,
    framed = -100
};
using Shape = std::vector<Index>;
const Shape image{channels, rows, columns}, plane{rows, columns}, squares{half_rows, half_columns};
const Shape state{framed + rows, framed + columns, channels};
const Shape coarse_state{framed + half_rows, framed + half_columns, coarse_channels};

template <class Task>
void settle(Task& task, Index expected, Index size) {
    if (expected < framed) {
        expected -= framed;
        size -= 2;
    }
    Index* named = nullptr;
    if (expected == rows) named = &task.rows;
    if constexpr (requires { task.count; })
        if (expected == counted) named = &task.count;
    if constexpr (requires { task.channels; })
        if (expected == channels) named = &task.channels;
    if constexpr (requires { task.coarse_channels; })
        if (expected == coarse_channels) named = &task.coarse_channels;
    if constexpr (requires { task.slices; }) {
        if (expected == slices) named = &task.slices;
        if (expected == half_slices) expected = (task.slices + 1) / 2;
    }
    if constexpr (requires { task.columns; }) {
        if (expected == columns) named = &task.columns;
        if (expected == half_rows) expected = (task.rows + 1) / 2;
        if (expected == half_columns) expected = (task.columns + 1) / 2;
    }
    if (named && !*named) *named = size;
    if (named) expected = *named;
    if (size < 1 || (expected != any && size != expected))
        throw nb::value_error("arrays must be of shapes that fit, one pixel at least");
}

// Memory that a kernel reads or writes.
struct Memory {
    Bytes bytes;
    bool is_written;
    size_t itemsize;
};

// An array, or perhaps None, and its first size, if that may be any.
template <class Task, class T, int n, bool optional>
struct ArrayArgument {
    using Type = std::conditional_t<optional, Maybe<T, n>, Array<T, n>>;
    T* Task::* member;
    Shape shape;
    Index Task::* first_size;
    static constexpr bool is_written = !std::is_const_v<T>;

    auto argument() const { return described<optional, is_written>(); }
    Memory memory(const Type& value) const { return {bytes_of(value), is_written, sizeof(T)}; }
    void set(Task& task, const Type& value) const {
        if constexpr (optional) {
            if (value) set_array(task, *value);
        } else {
            set_array(task, value);
        }
    }
    void set_array(Task& task, const Array<T, n>& array) const {
        for (size_t axis = 0; axis < n; ++axis) settle(task, shape[axis], Index(array.shape(axis)));
        if (first_size) task.*first_size = Index(array.shape(0));
        task.*member = array.data();
    }
};
template <int n, class Task, class T>
ArrayArgument<Task, T, n, false> array(T* Task::* member, Shape shape,
                                       Index Task::* first_size = nullptr) {
    return {member, shape, first_size};
}
template <int n, class Task, class T>
ArrayArgument<Task, T, n, true> maybe(T* Task::* member, Shape shape,
                                      Index Task::* first_size = nullptr) {
    return {member, shape, first_size};
}

// Anything else: `assign` brings it to the task.
template <class T, class Assign>
struct ValueArgument {
    using Type = T;
    Assign assign;

    auto argument() const { return described<std::is_same_v<T, std::optional<Kernel1D>>, false>(); }
    Memory memory(const Type& value) const {
        if constexpr (requires { bytes_of(value); }) return {bytes_of(value), false, sizeof(float)};
        return {};
    }
    template <class Task>
    void set(Task& task, const Type& value) const {
        assign(task, value);
    }
};
template <class T, class Assign>
ValueArgument<T, Assign> value(Assign assign) {
    return {assign};
}
template <class Task, class T>
auto number(T Task::* member) {
    return value<T>([member](Task& task, T given) { task.*member = given; });
}
template <class Task>
auto size(Index Task::* member) {
    return value<Index>([member](Task& task, Index given) {
        if (given < 1) throw nb::value_error("one pixel at least");
        task.*member = given;
    });
}
template <class Task, class E, size_t n>
auto name(E Task::* member, const char* const (&names)[n]) {
    return value<std::string>([member, &names](Task& task, const std::string& given) {
        task.*member = E(number_of(given, names));
    });
}
template <class Task>
auto conductance(Conductance Task::* member) {
    return value<std::string>(
        [member](Task& task, const std::string& given) { task.*member = conductance_of(given); });
}
template <class Task>
auto taps(Taps Task::* member) {
    return value<Kernel1D>(
        [member](Task& task, const Kernel1D& given) { task.*member = taps_of(given); });
}
template <class Task>
auto maybe_taps(Taps Task::* member) {
    return value<std::optional<Kernel1D>>(
        [member](Task& task, const auto& given) { task.*member = taps_of(given); });
}

// Where the kernels of a task are.
template <class Task>
using TableOf = std::conditional_t<requires(Task task) { task.slices; }, Volumes, Variant>;

// Other rules of a kernel.
template <class Task>
struct Rules {
    // Completes the task, and refuses what the arguments alone do not.
    void (*check)(Task&) = nullptr;
    // Refuses a task of which this counts anything.
    RowKernel<Task> TableOf<Task>::* count_refused = nullptr;
    // Whether an array may be written where another of its type is read.
    bool in_place = false;
};

inline void require_memory_apart(const std::vector<Memory>& all, bool in_place) {
    for (size_t k = 0; k < all.size(); ++k)
        for (size_t l = 0; l < k; ++l) {
            if (!all[k].is_written && !all[l].is_written) continue;
            if (in_place && all[k].itemsize == all[l].itemsize)
                require_apart_or_in_place(all[k].bytes, all[l].bytes);
            else
                require_apart(all[k].bytes, all[l].bytes);
        }
}

// How far outside of the image a task reads.
inline Index reach_of(const Correlation& task) {
    return std::max(reach_of(task.along_rows), reach_of(task.along_columns));
}
inline Index reach_of(const Gradient& task) {
    return std::max(reach_of(task.difference), reach_of(task.smoothing));
}
inline Index reach_of(const ThinnedGradient& task) {
    const Index before = std::max(reach_of(task.along_rows), reach_of(task.along_columns));
    return std::max(before, reach_of(static_cast<const Gradient&>(task)));
}
inline Index reach_of(const Shock& task) {
    // A step itself reads one row up and down.
    return task.smoothing.weights ? std::max<Index>(1, reach_of(task.smoothing)) : 0;
}
inline Index reach_of(const Lifting&) { return 2; }

template <class Task>
Index run_rows(const RowKernel<Task>& kernel, const Task& task, int threads) {
    std::atomic<Index> count{0};
    run([&](Interrupted interrupted) {
        return on_rows(kernel, task, threads, interrupted, count);
    });
    return count;
}

template <class Task>
const RowKernel<Task>& kernel_of(const Variant& table, RowKernel<Task> Variant::* kernel) {
    return table.*kernel;
}
template <class Task>
const RowKernel<Task>& kernel_of(const Variant& table, RowKernel<Task> Volumes::* kernel) {
    return table.volumes->*kernel;
}
template <class Task>
const RowKernel<Task>& kernel_of(const Variant&, const RowKernel<Task>* kernel) {
    return *kernel;
}

// Defines a function of these arguments, the threads and the variant; it returns what was counted.
template <class Task, class Kernel, class... Arguments>
void define(nb::module_& m, const char* name, Kernel kernel, Rules<Task> rules,
            Arguments... arguments) {
    auto call = [=](typename Arguments::Type... values, int threads, const std::string& variant) {
        Task task{};
        (arguments.set(task, values), ...);
        if (rules.check) rules.check(task);
        require_threads(threads);
        require_memory_apart({arguments.memory(values)...}, rules.in_place);
        std::optional<Mirrored> mirrored;
        if constexpr (requires { task.mirror; })
            task.mirror = mirrored.emplace(task.rows, task.columns, reach_of(task)).mirror();
        const Variant& table = table_of(variant);
        if (rules.count_refused && run_rows(kernel_of(table, rules.count_refused), task, threads))
            throw nb::value_error("offsets must end in the image, within reach");
        return run_rows(kernel_of(table, kernel), task, threads);
    };
    m.def(name, call, arguments.argument()..., nb::arg(), nb::arg());
}

}  // namespace pdefilter
